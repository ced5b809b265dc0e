import { type DataConfig, type OpenedData, openDataset, parseDataSource } from "@saeno/datasets";
import type { RunConfig } from "../configuration/run-config.ts";
import { type Reporter, silent } from "../reporter.ts";

export type DataSettings = Pick<
  RunConfig,
  "data" | "testData" | "limit" | "test" | "crop" | "color" | "whiten" | "seed"
>;

/** Opens the data that a run's settings name. */
export function openData(settings: DataSettings, reporter: Reporter = silent): Promise<OpenedData> {
  return openDataset(dataConfig(settings), { seed: settings.seed, reporter });
}

function dataConfig({ data, testData, limit, test, crop, color, whiten }: DataSettings): DataConfig {
  const config = parseDataSource(data);
  return { ...config, ...(config.kind === "images" ? { crop, color, whiten } : {}), testData, limit, test };
}
