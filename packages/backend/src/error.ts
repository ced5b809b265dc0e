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

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
