import { messageOf } from "@saeno/backend";
import { memory } from "@tensorflow/tfjs-core";
import { Fault } from "../target.ts";

/** Does work after which, whatever came of it, as many tensors are there as before. */
export async function withoutLeaks(work: () => Promise<void>): Promise<void> {
  const before = memory().numTensors;
  const leak = (after: string) => {
    const left = memory().numTensors - before;
    if (left !== 0) throw new Fault(`${left} tensors are left${after}`, "leak");
  };
  try {
    await work();
  } catch (error) {
    leak(` after "${messageOf(error)}"`);
    throw error;
  }
  leak("");
}
