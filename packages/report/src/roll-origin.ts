import type { GridFunction } from "./grid-function.ts";

/** A periodic function shifted so that its first grid point comes to lie in the middle, at `floor(N / 2)` of each axis. */
export function rollOrigin({ values, grid, channels }: GridFunction): GridFunction {
  let from = Array.from({ length: values.length }, (_, i) => i);
  let inner = channels;
  for (const points of [...grid].reverse()) {
    const stride = inner;
    const shift = points - Math.floor(points / 2);
    from = from.map((_, i) => {
      const n = Math.floor(i / stride) % points;
      return from[i + (((n + shift) % points) - n) * stride];
    });
    inner *= points;
  }
  return { values: Float32Array.from(from, (i) => values[i]), grid, channels };
}
