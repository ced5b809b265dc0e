import type { Codes } from "@saeno/activations";
import { any, notEqual, type Tensor, tidy } from "@tensorflow/tfjs-core";

/** How many different concepts are active (have a value other than 0) somewhere in a batch. */
export async function activeConcepts(codes: Codes): Promise<number> {
  if (codes.kind === "dense") {
    const values: Tensor = codes.values;
    const used = tidy(() => any(notEqual(values, 0), values.shape.map((_, axis) => axis).slice(0, -1)));
    const flags = await used.data();
    used.dispose();
    return Array.from(flags).filter(Boolean).length;
  }
  const [concepts, values] = await Promise.all([codes.concepts.data(), codes.values.data()]);
  const kept = values.length / concepts.length;
  const seen = new Set<number>();
  concepts.forEach((concept, row) => {
    if (!seen.has(concept) && values.subarray(row * kept, (row + 1) * kept).some((value) => value !== 0))
      seen.add(concept);
  });
  return seen.size;
}
