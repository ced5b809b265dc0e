/** What the axes of an array are: samples, channels, and the axes of the grid. */
import { SaenoError } from "@saeno/backend";
import { description, type GenericSchema, metadata, optional, picklist, pipe, string } from "valibot";

export const layouts = ["channels-first", "channels-last", "no-channels"] as const;
export type LayoutName = (typeof layouts)[number];

export interface LayoutOptions {
  /** Where the channels of an array are that has samples on its first axis. */
  readonly layout?: LayoutName | undefined;
  /**
   * A name for each axis: `sample`, `channel`, any others for the grid, as in `sample,channel,y,x`. Several axes may be samples, as in `sample,sample,y,x`;
   * `level=3` takes index 3 of an axis.
   */
  readonly axes?: string | undefined;
}

/** What the axes of an array are, by their numbers. */
export interface AxesRead {
  /** More than one where samples lie on several axes, all of whose indices count. */
  readonly samples: readonly number[];
  readonly grid: readonly number[];
  /** Absent if there is one channel and no axis for it. */
  readonly channel?: number;
  /** The index that is taken of axes that are left out. */
  readonly fixed: ReadonlyMap<number, number>;
  /** In words: `channels first`. */
  readonly words: string;
}

/** Options of every kind of data that is an array. */
export const layoutSchemas: {
  readonly layout: GenericSchema<LayoutName | undefined, LayoutName | undefined>;
  readonly axes: GenericSchema<string | undefined, string | undefined>;
} = {
  layout: optional(
    pipe(
      picklist(layouts, `must be ${layouts.join(", ")}`),
      description("arrays: where the channels are (default: from the shape, if that is clear)"),
      metadata({ flag: "layout" }),
    ),
  ),
  axes: optional(
    pipe(
      string("must be names such as sample,channel,y,x"),
      description(
        "arrays: what each axis is, such as sample,channel,y,x; sample,sample,y,x for trajectories, level=3 to take one index of an axis",
      ),
      metadata({ flag: "axes" }),
    ),
  ),
};

/** No more points than this look like channels where the other axes are longer; and no grid is that many times longer than wide. */
const few = 4;

/** Names of axes, as files have them, that say what an axis is. */
const isSample = (name: string) =>
  /^(samples?|batch(es)?|b|n|time|times|t|trajector(y|ies)|trials?|members?|images?|frames?|index)$/i.test(name);
const isChannel = (name: string) => /^(channels?|c|features?|variables?|bands?|components?|vars?)$/i.test(name);
const isSpace = (name: string) =>
  /^([xyz]|[ijk]|lat|lon|latitude|longitude|height|width|depth|rows?|columns?|cols?)$/i.test(name);

/**
 * What the axes of an array are: as stated or, if it is clear, from the shape and the file's names of its axes.
 *
 * @param name what to call the array in errors.
 * @param named the file's own names of its axes.
 * @throws SaenoError `data.axes` for axes that do not fit the shape, `data.layout` if the shape can be read in several ways, listing them.
 */
export function readAxes(
  shape: readonly number[],
  { layout, axes }: LayoutOptions,
  name: string,
  named?: readonly string[],
): AxesRead {
  const read =
    axes !== undefined ? byNames(axes, shape, name) : (layoutOf(shape, layout, name, named) ?? ask(shape, name));
  const problem =
    read.grid.length < 1 || read.grid.length > 3
      ? `${read.grid.length} axes for the grid; there can be 1 to 3`
      : shape.some((size) => size === 0)
        ? "no values: an axis of it is 0"
        : undefined;
  if (problem === undefined) return read;
  throw axesError(`${name} has the shape (${shape.join(", ")}), read as ${read.words}: ${problem}. ${examples}`);
}

const examples =
  "Say what its axes are with --axes, such as sample,x for (B, N), sample,y,x for (B, N1, N2), sample,channel,y,x for (B, C, N1, N2).";

function byNames(text: string, shape: readonly number[], name: string): AxesRead {
  const names = text.split(/[,/ ]+/).filter((part) => part !== "");
  if (names.length !== shape.length) {
    throw axesError(
      `${name} has ${shape.length} axes, (${shape.join(", ")}); --axes ${text} names ${names.length}. Name each.`,
    );
  }
  const [samples, grid, channels]: number[][] = [[], [], []];
  const fixed = new Map<number, number>();
  for (const [axis, each] of names.entries()) {
    const [, at] = /=(.*)$/.exec(each) ?? [];
    if (at !== undefined) {
      const index = Number(at);
      if (!(at !== "" && Number.isInteger(index) && index >= 0 && index < shape[axis])) {
        throw axesError(`--axes: ${each} must be an index of that axis of ${name}, 0 to ${shape[axis] - 1}.`);
      }
      fixed.set(axis, index);
    } else if (/^samples?$/i.test(each)) samples.push(axis);
    else if (/^channels?$/i.test(each)) channels.push(axis);
    else grid.push(axis);
  }
  if (samples.length === 0) throw axesError(`--axes ${text} names no axis "sample": say which one the samples are on.`);
  if (channels.length > 1) throw axesError(`--axes ${text} names two axes "channel"; there can be one.`);
  return { samples, grid, ...(channels.length > 0 ? { channel: channels[0] } : {}), fixed, words: names.join(", ") };
}

/** One of the three usual layouts, samples first. */
function usual(layout: LayoutName, rank: number): AxesRead {
  const after = Array.from({ length: rank - 1 }, (_, axis) => axis + 1);
  const read = { samples: [0], fixed: new Map() };
  switch (layout) {
    case "no-channels":
      return { ...read, grid: after, words: "no channel axis" };
    case "channels-first":
      return { ...read, grid: after.slice(1), channel: 1, words: "channels first" };
    case "channels-last":
      return { ...read, grid: after.slice(0, -1), channel: rank - 1, words: "channels last" };
    default:
      throw layout satisfies never;
  }
}

function layoutOf(
  shape: readonly number[],
  layout: LayoutName | undefined,
  name: string,
  named: readonly string[] | undefined,
): AxesRead | undefined {
  const rank = shape.length;
  if (rank < 2) {
    throw axesError(`${name} has the shape (${shape.join(", ")}): samples of functions need two axes or more.`);
  }
  if (layout !== undefined) return usual(layout, rank);
  return fromNames(named) ?? fromShape(shape);
}

function fromNames(named: readonly string[] | undefined): AxesRead | undefined {
  if (named === undefined) return undefined;
  const where = (is: (name: string) => boolean) => [...named.keys()].filter((axis) => is(named[axis]));
  const [samples, channels, grid] = [where(isSample), where(isChannel), where(isSpace)];
  if (samples.length !== 1 || channels.length > 1 || grid.length + channels.length + 1 !== named.length)
    return undefined;
  return {
    samples,
    grid,
    ...(channels.length > 0 ? { channel: channels[0] } : {}),
    fixed: new Map(),
    words: `axes ${named.join(", ")}`,
  };
}

/** The layout that a shape has if it can have only one; nothing where several make sense. */
function fromShape(shape: readonly number[]): AxesRead | undefined {
  const [, ...sizes] = shape;
  const rank = shape.length;
  if (rank === 2) return usual("no-channels", rank);
  const fits = (layout: LayoutName) => {
    const { grid, channel } = usual(layout, rank);
    const [shortest, longest] = [Math.min, Math.max].map((of) => of(...grid.map((axis) => shape[axis])));
    if (grid.length > 3 || shortest <= few) return false;
    return channel === undefined ? rank === 3 && longest <= few * shortest : shape[channel] <= few;
  };
  const found = layouts.filter(fits);
  if (found.length === 1) return usual(found[0], rank);
  // A grid does not have axes of one point: that one is of channels.
  const single = sizes.filter((size) => size === 1).length === 1;
  if (single && sizes[0] === 1) return usual("channels-first", rank);
  if (single && sizes.at(-1) === 1) return usual("channels-last", rank);
  return undefined;
}

function ask(shape: readonly number[], name: string): never {
  const rank = shape.length;
  const ways = layouts.flatMap((layout) => {
    const { grid, channel } = usual(layout, rank);
    if (grid.length > 3) return [];
    const size = channel === undefined ? 1 : shape[channel];
    const on = grid.map((axis) => shape[axis]).join(" x ");
    return [
      `--layout ${layout} for ${shape[0]} functions on ${on} with ${size} ${size === 1 ? "channel" : "channels"}`,
    ];
  });
  const remedy =
    ways.length > 0
      ? `which can be read in more than one way: ${ways.join(", or ")}. Say which; --axes says it for any other order of axes.`
      : "more axes than samples, channels and a grid of three have. Say what each is, such as --axes sample,time=0,z,y,x,channel, which takes the first time.";
  throw new SaenoError("data.layout", `${name} has the shape (${shape.join(", ")}), ${remedy}`, { kind: "data" });
}

function axesError(problem: string): SaenoError {
  return new SaenoError("data.axes", problem, { kind: "data" });
}
