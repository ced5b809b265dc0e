import { open } from "node:fs/promises";
import { extname } from "node:path";

/** What is answered. */
export interface Answer {
  readonly status?: number;
  readonly type: string;
  readonly content: Uint8Array | string;
  /** Of a file that is larger than what is answered: where it begins, and how large the file is. */
  readonly part?: { readonly from: number; readonly size: number };
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".jsonl": "application/jsonl",
  ".wasm": "application/wasm",
};

/** Of a file, by its name. */
export function typeOf(file: string): string {
  return types[extname(file)] ?? "application/octet-stream";
}

export function json(value: unknown, status = 200): Answer {
  return { status, type: "application/json", content: JSON.stringify(value) };
}

/** A file, or the part of it that is asked for. */
export async function fileAnswer(path: string, range: string | undefined): Promise<Answer> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? "") ?? [];
    const from = Math.min(size, Number(first ?? 0));
    const to = first === undefined || last === "" ? size : Math.min(size, Number(last) + 1);
    const content = Buffer.alloc(Math.max(0, to - from));
    await handle.read(content, 0, content.length, from);
    return { type: typeOf(path), content, ...(first === undefined ? {} : { status: 206, part: { from, size } }) };
  } finally {
    await handle.close();
  }
}
