import { type Grid, sizeOf } from "@saeno/backend";
import { energyExtent } from "@saeno/metrics";
import type { CodeTable } from "../codes/code-table.ts";
import type { Site } from "./concept-index.ts";
import { coordinates } from "./where.ts";

/** Cells of a mean map, at most. */
const mostCells = 1024;

/** Where on the domain the energy of each concept is. */
export interface Sites {
  readonly grid: Grid;
  /** Takes in a map of a table. */
  add(table: CodeTable, map: number): void;
  /** The mean energy by cell, over so many samples. */
  mean(concept: number, samples: number): Float32Array;
  site(concept: number): Site;
}

/** On the cells of a grid: its own points where those are few, else fewer of equal shares of each axis. */
export function sites(grid: Grid, conceptCount: number): Sites {
  const cells = siteGridOf(grid);
  const points = sizeOf(grid);
  const count = sizeOf(cells);
  const sums = new Float64Array(conceptCount * count);
  const cellOf = Int32Array.from({ length: points }, (_, position) =>
    coordinates(position, grid).reduce(
      (flat, place, axis) => flat * cells[axis] + Math.floor((place * cells[axis]) / grid[axis]),
      0,
    ),
  );
  const sumsOf = (concept: number) => sums.subarray(concept * count, (concept + 1) * count);

  return {
    grid: cells,
    add({ concepts, maps, positions, values }, map) {
      const first = concepts[map] * count;
      for (let i = maps[map]; i < maps[map + 1]; i++) sums[first + cellOf[positions[i]]] += values[i] ** 2;
    },
    mean: (concept, samples) => Float32Array.from(sumsOf(concept), (sum) => sum / points / samples),
    site(concept) {
      const energies = sumsOf(concept);
      const moments = cells.map((size, axis) => {
        let [x, y, total] = [0, 0, 0];
        energies.forEach((energy, flat) => {
          if (energy === 0) return;
          const angle = 2 * Math.PI * middleOf(coordinates(flat, cells)[axis], size, grid[axis]);
          x += energy * Math.cos(angle);
          y += energy * Math.sin(angle);
          total += energy;
        });
        const turn = Math.atan2(y, x) / (2 * Math.PI);
        return { center: ((turn % 1) + 1) % 1, concentration: total === 0 ? Number.NaN : Math.hypot(x, y) / total };
      });
      return {
        center: moments.map(({ center }) => center),
        concentration: moments.map(({ concentration }) => concentration),
        extent: energyExtent(energies),
      };
    },
  };
}

/** The cells of mean maps on a grid. */
function siteGridOf(grid: Grid): number[] {
  const shrink = Math.min(1, (mostCells / sizeOf(grid)) ** (1 / grid.length));
  return grid.map((points) => Math.max(1, Math.floor(points * shrink + 1e-9)));
}

/** The mean place in [0, 1) of the points of a cell. */
function middleOf(cell: number, cells: number, points: number): number {
  const [from, to] = [Math.ceil((cell * points) / cells), Math.ceil(((cell + 1) * points) / cells)];
  return (from + to - 1) / 2 / points;
}
