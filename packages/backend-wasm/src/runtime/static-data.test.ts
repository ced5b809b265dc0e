/** The memory of the kernels is that of tfjs, whose static data begin after 1024 bytes. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { expect, test } from "vitest";
import { wide } from "./__fixtures__/wide.ts";
import { instantiate } from "./kernel-instance.ts";

if (Number.parseInt(process.versions.node, 10) < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");

test.each(["plain", "shared"])(
  "kernels and wide kernels for %s memory leave alone what is not theirs, and each other's",
  (kind) => {
    const shared = kind === "shared";
    const kernels = (level: string) =>
      new WebAssembly.Module(readFileSync(fileURLToPath(new URL(`../../wasm/${level}-${kind}.wasm`, import.meta.url))));
    const written = (make: (memory: WebAssembly.Memory) => void) => {
      const [zeros, ones] = [0, 255].map((byte) => {
        const memory = new WebAssembly.Memory({ initial: 1, ...(shared ? { shared, maximum: 65536 } : {}) });
        const bytes = new Uint8Array(memory.buffer).fill(byte);
        make(memory);
        return bytes;
      });
      return [...zeros.keys()].filter((i) => zeros[i] !== 0 || ones[i] !== 255);
    };
    const both = ["simd", "relaxed"].map((level) => written((memory) => void instantiate(kernels(level), memory)));
    const own = both.flat();
    expect(Math.min(...both.map(({ length }) => length))).toBeGreaterThan(0);
    expect(Math.max(...own)).toBeLessThan(1024);

    const others = written((memory) => void new WebAssembly.Instance(wide(shared), { env: { memory } }));
    expect(others.length).toBeGreaterThan(0);
    expect(Math.max(...others)).toBeLessThan(1024);
    expect(others.filter((i) => own.includes(i))).toEqual([]);
  },
);
