/** What must hold of every input, whatever reads it. */
import { SaenoError } from "@saeno/backend";
import type { FuzzInput } from "../target.ts";

/** Words of engines and libraries, which mean nothing to whoever has the file. */
const raw = new RegExp(
  [
    "cannot (set|convert|destructure|use|mix|create|access|assign) ",
    "cannot read propert",
    "is not (a function|iterable|defined|a constructor|extensible)",
    "unexpected (token|end of (json|input)|non-whitespace|string in|number in)",
    "json at position",
    "invalid (typed array|array|string|date|argument|key|type|format|input|value|path|code point)",
    "expected .{1,60} but (received|got)",
    "maximum call stack|offset is outside|out of bounds|byte length of|\\[object |\\bundefined\\b|bigint",
    "vips|libspng|pngload|jpegload|tiffload|gifload|webpload|zlib|wasm|assertion",
    "at .*\\.[jt]s:\\d|(fault|bug) in saeno|\\b(enoent|eisdir|einval|erange|err_)",
  ].join("|"),
  "i",
);

/** A message quotes names, but no files. */
const longest = 20_000;

/** What is wrong with the way in which an input was refused; nothing where all is well. */
export function problemOfError(
  error: unknown,
  { names, files }: Pick<FuzzInput, "names" | "files">,
): string | undefined {
  if (!SaenoError.isInstance(error)) {
    const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return `not an error of ours: ${words.slice(0, 300)}`;
  }
  const { message, code } = error;
  if (message.trim() === "") return `${code}: an error without words`;
  if (message.length > longest)
    return `${code}: a message of ${message.length} characters: ${message.slice(0, 200)} ..`;
  if (names !== undefined && !names.some((name) => message.includes(name)))
    return `${code}: the message names no file: ${message.slice(0, 300)}`;
  const found = raw.exec(message)?.[0];
  // The input may have brought the words itself.
  if (found !== undefined && !broughtBy(files, found))
    return `${code}: words of a library, "${found}": ${message.slice(0, 300)}`;
  return undefined;
}

function broughtBy(files: FuzzInput["files"], words: string): boolean {
  return Object.entries(files).some(([name, content]) => {
    const text = typeof content === "string" ? content : new TextDecoder("latin1").decode(content);
    return `${name}\n${text}`.toLowerCase().includes(words.toLowerCase());
  });
}

const prototypes = [Object, Array, Function, String, Number, Map, Promise].map(({ prototype, name }) => ({
  name,
  prototype,
  keys: Reflect.ownKeys(prototype).length,
}));

/** What was put onto something that all objects share. It is taken off again. */
export function pollution(): string | undefined {
  for (const { name, prototype, keys } of prototypes) {
    const now = Reflect.ownKeys(prototype);
    if (now.length === keys) continue;
    const added = now.slice(keys);
    for (const key of added) Reflect.deleteProperty(prototype, key);
    return `${name}.prototype has ${added.map(String).join(", ")}`;
  }
  return undefined;
}
