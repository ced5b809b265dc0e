import { type Grid, SaenoError } from "@saeno/backend";
import { add, mul, sub, type Tensor, tensor1d, tidy, transpose } from "@tensorflow/tfjs-core";

export const ranges = ["0..1", "0..255", "-1..1"] as const;
export const layouts = ["channels-last", "channels-first"] as const;

/** What a network expects of its input. */
export interface Preprocessing {
  /** Points on each axis; absent if the network takes any. */
  readonly size?: Grid;
  readonly channels: number;
  /** The values of black and white. */
  readonly range: (typeof ranges)[number];
  /** Subtracted from each channel, in the range. */
  readonly mean?: readonly number[];
  /** What each channel is divided by afterward. */
  readonly deviation?: readonly number[];
  readonly layout: (typeof layouts)[number];
}

export type PreprocessingOptions = Partial<Omit<Preprocessing, "channels">>;

/**
 * Images `[B, height, width, channels]` of values 0 to 1 as the network takes them. The caller disposes of the result.
 *
 * @throws SaenoError `network.input` for another size or other channels than the network takes.
 */
export function preprocess(images: Tensor, preprocessing: Preprocessing): Tensor {
  const { range, mean, deviation, layout } = preprocessing;
  checkInput(images.shape.slice(1, -1), images.shape[images.rank - 1], preprocessing);
  return tidy(() => {
    let x = range === "0..1" ? images.clone() : range === "0..255" ? mul(images, 255) : add(mul(images, 2), -1);
    if (mean !== undefined) x = sub(x, tensor1d([...mean]));
    if (deviation !== undefined) x = mul(x, tensor1d(deviation.map((value) => 1 / value)));
    return layout === "channels-first" ? transpose(x, [0, 3, 1, 2]) : x;
  });
}

/** @throws SaenoError `network.input`. */
export function checkInput(grid: Grid, channels: number, { size, channels: wanted }: Preprocessing): void {
  if (channels !== wanted) {
    const remedy = wanted === 3 && channels === 1 ? " Read the images in color: color=true." : "";
    throw inputError(`The network takes images of ${wanted} channels; these have ${channels}.${remedy}`);
  }
  if (size !== undefined && size.join() !== grid.join()) {
    const [side] = size;
    const crop = size.every((points) => points === side) ? ` Cut them to that: crop=${side}.` : "";
    throw inputError(`The network takes images of ${size.join(" x ")} points; these have ${grid.join(" x ")}.${crop}`);
  }
}

/** @throws SaenoError `network.preprocessing` for numbers that do not go with the channels. */
export function checkPreprocessing({ mean, deviation, channels, size }: Preprocessing): void {
  for (const [name, values] of Object.entries({ mean, deviation })) {
    const fits = values === undefined || (values.length === channels && values.every(Number.isFinite));
    if (fits && !(name === "deviation" && values?.some((value) => value <= 0))) continue;
    const problem = `${name} must be ${channels} ${name === "mean" ? "" : "positive "}numbers, one for each channel; got ${values?.join(", ")}.`;
    throw new SaenoError("network.preprocessing", problem);
  }
  if (size?.some((points) => !Number.isInteger(points) || points < 1))
    throw new SaenoError("network.preprocessing", `size must be positive whole numbers; got ${size.join(" x ")}.`);
}

function inputError(problem: string): SaenoError {
  return new SaenoError("network.input", problem, { kind: "data" });
}
