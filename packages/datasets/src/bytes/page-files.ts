import { SaenoError } from "@saeno/backend";
import type { FileAccess } from "../arrays/file-access.ts";
import { blobBytes, isUrl, urlBytes } from "./byte-source.ts";

/** Files that were chosen on a page or dropped on it, by their names; and addresses of web servers. */
export function pageFiles(files: Iterable<File>): FileAccess {
  const byName = new Map(Array.from(files, (file) => [file.webkitRelativePath || file.name, file]));
  return {
    async open(path) {
      if (isUrl(path)) return urlBytes(path);
      const file = byName.get(path);
      if (file !== undefined) return blobBytes(file, path);
      const there = [...byName.keys()].join(", ") || "none";
      throw new SaenoError("file.missing", `There is no file ${path} here; there are: ${there}.`, { kind: "data" });
    },
    async list(path) {
      const inside = [...byName.keys()].filter((name) => name.startsWith(`${path}/`));
      return inside.length === 0 ? undefined : inside.map((name) => name.slice(path.length + 1));
    },
  };
}
