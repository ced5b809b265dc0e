/** A function on a grid as a picture: lines for one axis, colors for two and three. */
import { type ColorRange, dataRange, planeOf, planePicture, shownChannels, symmetricRange } from "@saeno/report/parts";
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { DrawnFunction } from "../engine/drawn-function.ts";

export interface FunctionPictureProps {
  readonly of: DrawnFunction;
  /** What it shows, for those who do not see it. */
  readonly label: string;
  /** Default: symmetric about zero; `data` is gray from black where nothing is negative. */
  readonly range?: ColorRange | "data";
  /** CSS pixels of the longer side; default as wide as its place. */
  readonly size?: number;
}

export function FunctionPicture(props: FunctionPictureProps): JSX.Element {
  return props.of.grid.length < 2 ? <LinePicture {...props} /> : <PlanePicture {...props} />;
}

/** A picture of its own as a file, points as squares of some pixels. */
export async function picturePng(of: DrawnFunction, range?: ColorRange | "data"): Promise<Blob> {
  const { width, height, image } = imageOf(of, range);
  const factor = Math.max(1, Math.round(512 / Math.max(width, height)));
  const canvas = new OffscreenCanvas(width * factor, height * factor);
  const context = canvas.getContext("2d");
  const small = await createImageBitmap(image);
  if (context !== null) {
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, canvas.width, canvas.height);
  }
  return canvas.convertToBlob({ type: "image/png" });
}

function imageOf(of: DrawnFunction, range: ColorRange | "data" | undefined) {
  const plane = planeOf(of, shownChannels(of.channels, of));
  const colors = range === "data" ? dataRange(plane) : (range ?? symmetricRange(plane));
  const { width, height, rgba } = planePicture(plane, colors);
  return { width, height, image: new ImageData(Uint8ClampedArray.from(rgba), width, height) };
}

/** How colors are chosen for functions that are to be compared. */
export function commonRange(...functions: readonly DrawnFunction[]): ColorRange | undefined {
  const planes = functions.filter(({ grid }) => grid.length > 1).map((each) => planeOf(each));
  if (planes.length === 0) return undefined;
  const symmetric = symmetricRange(...planes);
  const isData = planes[0] !== undefined && dataRange(planes[0]).kind === "gray";
  return isData ? { kind: "gray", low: 0, high: symmetric.limit } : symmetric;
}

function PlanePicture({ of, label, range, size }: FunctionPictureProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  // With the rest of the page, not a frame later.
  useLayoutEffect(() => {
    const target = canvas.current;
    if (target === null) return;
    const { width, height, image } = imageOf(of, range);
    target.width = width;
    target.height = height;
    target.getContext("2d")?.putImageData(image, 0, 0);
    // Small grids are seen point by point.
    target.classList.toggle("pixels", Math.max(width, height) < 160);
  }, [of, range]);
  return (
    <canvas
      ref={canvas}
      class="picture"
      {...named(label)}
      {...(size === undefined ? {} : { style: sized(of, size) })}
    />
  );
}

/** Without a name it stands in something that has one. */
function named(
  label: string,
): { readonly "aria-hidden": true } | { readonly role: "img"; readonly "aria-label": string } {
  return label === "" ? { "aria-hidden": true } : { role: "img", "aria-label": label };
}

function sized({ grid }: DrawnFunction, size: number): Record<string, string> {
  const [height = 1, width = 1] = grid.slice(-2);
  const scale = size / Math.max(height, width);
  return { width: `${Math.round(width * scale)}px`, height: `${Math.round(height * scale)}px` };
}

const lineColors = ["var(--ink)", "var(--model-1)", "var(--model-2)", "var(--model-3)"];

function LinePicture({ of, label, range, size = 160 }: FunctionPictureProps): JSX.Element {
  const { values, channels } = of;
  const [width, height] = [size, Math.round(0.6 * size)];
  const points = values.length / channels;
  const limit = typeof range === "object" && range.kind !== "gray" ? range.limit : largest(values) || 1;
  const path = (channel: number) =>
    Array.from({ length: points }, (_, n) => {
      const x = 3 + ((n + 0.5) / points) * (width - 6);
      const y = height / 2 - ((values[n * channels + channel] ?? 0) / limit) * (height / 2 - 3);
      return `${n === 0 ? "M" : "L"}${x.toFixed(1)},${y.toFixed(1)}`;
    }).join("");
  return (
    <svg
      class="picture line"
      role="img"
      aria-label={label}
      aria-hidden={label === ""}
      viewBox={`0 0 ${width} ${height}`}
    >
      <line x1="0" x2={width} y1={height / 2} y2={height / 2} />
      {shownChannels(channels, of).map((channel, i) => (
        <path key={channel} d={path(channel)} stroke={lineColors[i]} />
      ))}
    </svg>
  );
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
