import type { Codes } from "@saeno/activations";
import { any, cast, notEqual, reshape, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";

/** In how many samples of a batch each concept is active (has a value other than 0 somewhere), `[K]`. */
export async function conceptLoads(codes: Codes): Promise<Float64Array> {
  if (codes.kind === "dense") {
    const [batch, ...rest] = codes.values.shape as [number, ...number[]];
    const conceptCount = rest[rest.length - 1];
    const counted: Tensor = tidy(() => {
      const active = any(notEqual(reshape(codes.values, [batch, -1, conceptCount]), 0), 1);
      return sum(cast(active, "float32"), 0);
    });
    const loads = Float64Array.from(await counted.data());
    counted.dispose();
    return loads;
  }
  const [concepts, values] = await Promise.all([codes.concepts.data(), codes.values.data()]);
  const kept = concepts.length > 0 ? values.length / concepts.length : 0;
  const loads = new Float64Array(codes.conceptCount);
  concepts.forEach((concept, row) => {
    for (let i = row * kept; i < (row + 1) * kept; i++) {
      if (values[i] !== 0) {
        loads[concept] = loads[concept] + 1;
        break;
      }
    }
  });
  return loads;
}
