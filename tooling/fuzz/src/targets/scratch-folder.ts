import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder for what is read from the disk. */
export function scratchFolder() {
  const path = mkdtempSync(join(tmpdir(), "saeno-fuzz-"));
  const remove = () => rmSync(path, { recursive: true, force: true });
  process.once("exit", remove);
  return {
    path,
    write(name: string, content: Uint8Array | string) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      return file;
    },
    remove(name: string) {
      rmSync(join(path, name), { recursive: true, force: true });
    },
    async close() {
      process.off("exit", remove);
      remove();
    },
  };
}
