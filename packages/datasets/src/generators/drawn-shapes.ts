/** Shapes as a soft pen draws them around the origin of a plane, about a third of the unit square wide. */

export interface DrawnShape {
  readonly name: string;
  /** How dark the pen leaves a place, in (0, 1]. */
  readonly ink: (x: number, y: number) => number;
}

type Distance = (x: number, y: number) => number;
type Point = readonly [x: number, y: number];

/** Half the width of a shape. */
const half = 0.16;
/** Standard deviation of the pen's stroke. */
const pen = 0.028;

function drawn(name: string, distance: Distance): DrawnShape {
  return { name, ink: (x, y) => Math.exp(-(distance(x, y) ** 2) / (2 * pen ** 2)) };
}

/** From a chain of straight lines. */
function lines(...points: readonly Point[]): Distance {
  return (x, y) => Math.min(...points.slice(1).map((end, i) => toLine(points[i], end, x, y)));
}

function toLine([ax, ay]: Point, [bx, by]: Point, x: number, y: number): number {
  const [dx, dy] = [bx - ax, by - ay];
  const along = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

function either(a: Distance, b: Distance): Distance {
  return (x, y) => Math.min(a(x, y), b(x, y));
}

/** Half the width of a shape that is as wide and high; of one on its corners. */
const [side, slant] = [half, 0.75 * half];

/** No plus, which is two bars at one place; and a ring well inside the square, or one concept serves for both. */
export const drawnShapes: readonly DrawnShape[] = [
  drawn("ring", (x, y) => Math.abs(Math.hypot(x, y) - 0.7 * half)),
  drawn("disc", (x, y) => Math.max(0, Math.hypot(x, y) - 0.5 * half)),
  drawn("square", lines([-side, -side], [side, -side], [side, side], [-side, side], [-side, -side])),
  drawn("triangle", lines([0, -half], [half, 0.8 * half], [-half, 0.8 * half], [0, -half])),
  drawn("cross", either(lines([-slant, -slant], [slant, slant]), lines([-slant, slant], [slant, -slant]))),
  drawn("horizontal bar", lines([-half, 0], [half, 0])),
  drawn("vertical bar", lines([0, -half], [0, half])),
  drawn("diagonal bar", lines([-slant, slant], [slant, -slant])),
];
