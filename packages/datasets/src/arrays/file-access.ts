import type { ByteSource } from "../bytes/byte-source.ts";

/** Access to the files that data names: a disk in Node, or files dropped on a page. Addresses of web servers work in both. */
export interface FileAccess {
  /** @throws SaenoError `file.missing`. */
  open(path: string): Promise<ByteSource>;
  /** The names of what a folder holds; nothing where there is no such folder. */
  list(path: string): Promise<readonly string[] | undefined>;
}
