import { type ErrorKind, SaenoError } from "./error.ts";

/** Deeper nesting is not a document that anybody wrote, and would exhaust the stack. */
const deepest = 200;

/**
 * JSON as programs write it: what the standard says and, as Python does, `NaN`, `Infinity` and `-Infinity`; with a byte order mark or
 * without. A key that is given twice is refused: which of the two was meant?
 *
 * @param name what to call it in errors.
 * @param kind whose mistake an error is: that of a file, or of a command line.
 * @throws SaenoError `json.format` saying what is wrong, and where.
 */
export function parseJson(content: string | Uint8Array, name: string, kind: ErrorKind = "data"): unknown {
  const fail: Fail = (problem) => {
    throw new SaenoError("json.format", `${name} is ${problem}.`, { kind });
  };
  const text = typeof content === "string" ? content : textOf(content, fail);
  return new JsonReader(text.replace(/^\uFEFF/, ""), fail).document();
}

type Fail = (problem: string) => never;

function textOf(bytes: Uint8Array, fail: Fail): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    fail("UTF-16 text; JSON is UTF-8. Save it again as UTF-8");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return fail("not text in UTF-8, as JSON is");
  }
}

const constants = { true: true, false: false, null: null, NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY };
const numbers = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const words = /-?[A-Za-z]+/y;
const spaces = /[ \t\r\n]*/y;

class JsonReader {
  readonly #text: string;
  readonly #report: Fail;
  #at = 0;

  constructor(text: string, report: Fail) {
    this.#text = text;
    this.#report = report;
  }

  document(): unknown {
    if (this.#next() === undefined) this.#report("empty; expected JSON");
    const value = this.#value(0);
    if (this.#next() !== undefined) this.#fail("expected nothing after the end");
    return value;
  }

  /** The next character that is not a space; nothing at the end. */
  #next(): string | undefined {
    this.#match(spaces);
    return this.#text[this.#at];
  }

  #value(depth: number): unknown {
    if (depth > deepest) this.#fail(`it is nested more than ${deepest} deep`);
    const next = this.#next();
    switch (next) {
      case "{":
        return this.#object(depth + 1);
      case "[":
        return this.#list("]", () => this.#value(depth + 1));
      case '"':
        return this.#string();
      default:
        return this.#numberOrWord();
    }
  }

  #object(depth: number): Record<string, unknown> {
    const keys = new Set<string>();
    const entries = this.#list("}", (): [string, unknown] => {
      const begin = this.#at;
      if (this.#next() !== '"') this.#fail('expected a key in quotes, such as "seed"');
      const key = this.#string();
      if (keys.has(key)) this.#fail(`the key ${JSON.stringify(key)} is given twice`, begin);
      keys.add(key);
      if (this.#next() !== ":") this.#fail(`expected a colon after ${JSON.stringify(key)}`);
      this.#at++;
      return [key, this.#value(depth)];
    });
    return Object.fromEntries(entries);
  }

  /** Items between the bracket that comes next and its counterpart, with commas between them. */
  #list<T>(end: string, item: () => T): T[] {
    const items: T[] = [];
    this.#at++;
    if (this.#next() === end) {
      this.#at++;
      return items;
    }
    for (;;) {
      this.#next();
      items.push(item());
      const next = this.#next();
      if (next !== "," && next !== end) this.#fail(`expected a comma or ${end}`);
      this.#at++;
      if (next === end) return items;
    }
  }

  #string(): string {
    const begin = this.#at;
    let end = begin + 1;
    while (this.#text[end] !== '"') {
      if (end >= this.#text.length) this.#fail("a text in quotes has no end", begin);
      end += this.#text[end] === "\\" ? 2 : 1;
    }
    this.#at = end + 1;
    try {
      return JSON.parse(this.#text.slice(begin, end + 1));
    } catch {
      return this.#fail("a text in quotes has a line break, or a backslash that means nothing", begin);
    }
  }

  #numberOrWord(): unknown {
    const begin = this.#at;
    const number = this.#match(numbers);
    // `01` and `1x` are not numbers.
    if (number !== "" && !/[\w.+-]/.test(this.#text[this.#at] ?? "")) return Number(number);
    this.#at = begin;
    const word = this.#match(words);
    if (word === "-Infinity") return Number.NEGATIVE_INFINITY;
    if (Object.hasOwn(constants, word)) return constants[word as keyof typeof constants];
    return this.#fail("expected a value", begin);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ""] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }

  #fail(problem: string, at = this.#at): never {
    const before = this.#text.slice(0, at).split(/\r\n|\r|\n/);
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;
    const isEnd = at >= this.#text.length;
    const where = isEnd ? `at its end, line ${line}` : `line ${line}, column ${column}`;
    const found =
      isEnd || !problem.startsWith("expected") ? "" : `; got ${JSON.stringify(this.#text.slice(at, at + 12))}`;
    return this.#report(`not valid JSON, ${where}: ${problem}${found}`);
  }
}
