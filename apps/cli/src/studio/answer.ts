import { stat } from "node:fs/promises";
import { extname } from "node:path";

/** What is answered. */
export interface Answer {
  readonly status?: number;
  readonly type: string;
  readonly content: Uint8Array | string | FilePart;
  readonly range?: string;
}

/** Bytes of a file, which are read while they are sent. */
export interface FilePart {
  readonly path: string;
  readonly from: number;
  readonly length: number;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
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

/** A file, or the part of it that is asked for (RFC 9110, 14). What is not understood asks for all. */
export async function fileAnswer(path: string, asked: string | undefined): Promise<Answer> {
  const { size } = await stat(path);
  const type = typeOf(path);
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(asked ?? "") ?? [];
  const from = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  if (first + last === "" || (first !== "" && last !== "" && Number(last) < from))
    return { type, content: { path, from: 0, length: size } };
  if (from >= size) return { status: 416, type, content: "", range: `bytes */${size}` };
  return { status: 206, type, content: { path, from, length: to - from }, range: `bytes ${from}-${to - 1}/${size}` };
}
