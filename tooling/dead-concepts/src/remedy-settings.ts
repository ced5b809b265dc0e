import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Dataset, flatten, split } from "@saeno/datasets";
import { imageFolder, mnist } from "@saeno/datasets/node";

/** Data, and how sparse codes of it are. */
export interface RemedySetting {
  readonly name: string;
  readonly concepts: number;
  readonly active: number;
  readonly learningRate: number;
  /** Of codes that are maps; data without a grid has scalar ones. */
  readonly density?: number;
  readonly train: Dataset;
  readonly test: Dataset;
}

const maps = { concepts: 64, active: 8, learningRate: 0.01 };

/**
 * The settings whose data is there: of `folder/mnist` 9,000 digits and 1,000 held out, as functions at two densities and as vectors; of
 * `folder/bsds` whitened crops of 64 x 64, 4,000 and 400 of other photographs.
 *
 * @param say is told what is left out.
 */
export async function remedySettings(folder: string, say: (line: string) => void): Promise<RemedySetting[]> {
  const settings: RemedySetting[] = [];
  const [digits, photographs] = [join(folder, "mnist"), join(folder, "bsds")];
  if (existsSync(digits)) {
    const parts = split(await mnist({ directory: digits }), { test: 1000 });
    for (const density of [0.005, 0.04])
      settings.push({ name: `MNIST, density ${density}`, ...maps, density, ...parts });
    const vectors = { train: flatten(parts.train), test: flatten(parts.test) };
    settings.push({ name: "MNIST, vectors", concepts: 512, active: 16, learningRate: 0.003, ...vectors });
  } else {
    say(`There is no ${digits}: MNIST is left out.`);
  }
  if (existsSync(photographs)) {
    const parts = await imageFolder({ directory: photographs, whiten: true });
    settings.push({ name: "whitened photographs, density 0.04", ...maps, density: 0.04, ...parts });
  } else {
    say(`There is no ${photographs}: photographs are left out.`);
  }
  return settings;
}
