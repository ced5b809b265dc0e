/** Where a mistake comes from: how the program was called, or the data it was given. */
export type ErrorKind = "usage" | "data";

const marker = Symbol.for("saeno.error");

/**
 * The one error type of saeno: a stable `code`, and a message for the person who made the mistake
 * (what was expected, what came, what to do). `kind` decides the exit status of a program:
 * usage 2, data 1. Recognize it with {@link SaenoError.isInstance}, which works across copies of this package.
 */
export class SaenoError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;

  constructor(code: string, message: string, options: { readonly kind?: ErrorKind; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "SaenoError";
    this.code = code;
    this.kind = options.kind ?? "usage";
    Object.defineProperty(this, marker, { value: true });
  }

  static isInstance(error: unknown): error is SaenoError {
    return error instanceof Error && marker in error;
  }
}

/** What systems say, in words for whoever runs the program. */
const systemProblems: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  ENOTDIR: "a part of the path is a file, not a folder",
  EISDIR: "it is a folder, not a file",
  EEXIST: "it exists already",
  ENOTEMPTY: "the folder is not empty",
  EACCES: "there is no permission",
  EPERM: "the system does not permit it",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file would be larger than the file system or a limit of this session allows",
  EIO: "the disk reports an input or output error",
  EMFILE: "too many files are open: raise the limit, for example with ulimit -n 4096",
  ENFILE: "too many files are open on this machine",
  ELOOP: "its symbolic links lead in a circle",
  ENAMETOOLONG: "the name is too long",
  EINVAL: "the system does not accept the name",
  EXDEV: "it is on another disk",
  EBUSY: "it is in use by another program",
  ETXTBSY: "it is in use by another program",
  ENODEV: "it is not a file or folder that can be read",
  ENXIO: "it is not a file or folder that can be read",
  EPIPE: "whoever read the output has ended",
  EAGAIN: "the system has no process or thread left to give: too many are running",
  ENOMEM: "there is not enough memory",
  ERR_FS_FILE_TOO_LARGE: "it is too large to be read at once",
  ERR_STRING_TOO_LONG: "it is too large to be read as text",
  ERR_INVALID_ARG_VALUE: "the system does not accept the name",
  ERR_WORKER_OUT_OF_MEMORY: "there is not enough memory",
  ERR_WORKER_INIT_FAILED: "the system has no thread left to give: too many are running",
  ERR_MEMORY_ALLOCATION_FAILED: "there is not enough memory",
};

/** Engines have no code for this, only words. */
const memoryWords =
  /allocation failed|out of memory|\(OOM\)|could not allocate memory|cannot enlarge memory|invalid (array|string) length|invalid typed array length: [\d.e+]+$|maximum size exceeded/i;

/**
 * What the machine could not do, in words: a full disk, a folder that cannot be written, too little memory. Nothing for other errors. If the system names a
 * file that is not in the message, add it yourself: `error.path`.
 */
export function machineProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (Object.hasOwn(systemProblems, code)) return systemProblems[code];
  const isOfEngine =
    error instanceof RangeError || (typeof WebAssembly !== "undefined" && error instanceof WebAssembly.RuntimeError);
  return isOfEngine && memoryWords.test(error.message) ? systemProblems.ENOMEM : undefined;
}

/** The message of whatever was thrown; for what the machine could not do, in words. */
export function messageOf(error: unknown): string {
  return machineProblem(error) ?? (error instanceof Error ? error.message : String(error));
}
