import { SaenoError } from "@saeno/backend";
import { expectThat, type FuzzTarget } from "../target.ts";

/** A reader with every fault there is, for tests of the fuzzer: the number of an input, in its file, says which one it shows. */
export const plantedFaults = [
  "fine",
  "refused",
  "foreign",
  "silent",
  "unnamed",
  "pollutes",
  "memory",
  "hangs",
  "dies",
] as const;

export const planted: FuzzTarget = {
  name: "planted",
  summary: "a reader that is wrong in every way",
  share: 1,
  async prepare() {
    return {
      whole: plantedFaults.map((kind) => ({
        files: { "input.txt": kind },
        changes: [],
        names: ["input.txt"],
        read: () => readBadly(kind),
      })),
      damaged: () => ({ files: { "input.txt": "fine" }, changes: [], read: () => readBadly("fine") }),
    };
  },
};

async function readBadly(kind: (typeof plantedFaults)[number]): Promise<void> {
  switch (kind) {
    case "fine":
      return;
    case "refused":
      throw new SaenoError("planted.format", "input.txt is not what it should be.", { kind: "data" });
    case "foreign":
      throw new TypeError("Cannot read properties of undefined (reading 'x')");
    case "silent":
      return expectThat(false, "it says something else");
    case "unnamed":
      throw new SaenoError("planted.format", "Something is wrong.", { kind: "data" });
    case "pollutes":
      Object.assign(Object.prototype, { planted: true });
      return;
    case "memory":
      new Float32Array(1e9);
      return;
    case "hangs":
      for (;;);
    case "dies":
      process.abort();
      return;
    default:
      throw kind satisfies never;
  }
}
