import { sizeOf } from "@saeno/backend";
import { allModes, analyze } from "@saeno/fft";
import { add, sqrt, square, sum, tensor, tidy } from "@tensorflow/tfjs-core";
import type { DrawnFunction } from "./drawn-function.ts";

/** Frequencies shown on an axis, at most: beyond lies nothing that pictures tell apart. */
const mostFrequencies = 33;

/** `|d(w)|` over all channels, as a function on the frequencies of the grid, zero in the middle. */
export async function amplitudes({ values, grid, channels }: DrawnFunction): Promise<DrawnFunction> {
  const modes = allModes(grid).map((count) => Math.min(count, (mostFrequencies + 1) / 2));
  const found = tidy(() => {
    const { re, im } = analyze(tensor(values, [1, ...grid, channels]), { modes });
    return sqrt(sum(add(square(re), square(im)), -1));
  });
  const stored = await found.data<"float32">();
  found.dispose();
  const shape = modes.map((count) => 2 * count - 1);
  const last = modes.length - 1;
  const storedShape = shape.map((points, axis) => (axis === last ? modes[last] : points));
  const all = Float32Array.from({ length: sizeOf(shape) }, (_, flat) => {
    const frequency = place(flat, shape).map((at, axis) => at - (modes[axis] - 1));
    // Functions are real: at the opposite frequency there is as much.
    const half = frequency[last] < 0 ? frequency.map((component) => -component) : frequency;
    const at = half.reduce(
      (sum, component, axis) => sum * storedShape[axis] + component + (axis === last ? 0 : modes[axis] - 1),
      0,
    );
    return stored[at];
  });
  return { values: all, grid: shape, channels: 1 };
}

function place(flat: number, shape: readonly number[]): number[] {
  const at: number[] = [];
  for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
    at.unshift(rest % shape[axis]);
    rest = Math.floor(rest / shape[axis]);
  }
  return at;
}
