import { SaenoError } from "@saeno/backend";
import { dataSourceText, findDataset, parseDataSource } from "@saeno/datasets";
import { isComponent, isRecord, type Settings } from "./config-files.ts";
import { optionsOf } from "./options.ts";

/**
 * Settings, or the content of a config file, with other paths for the files that their data names: `~` expanded, relative ones found. The schema of a
 * dataset says which options are paths (`metadata({ path: true })`).
 */
export function withDataPaths(settings: Settings, place: (path: string) => string): Settings {
  const source = (given: unknown) => withPaths(given, place);
  const changed: Record<string, unknown> = { ...settings };
  for (const key of ["testData", "test-data"]) {
    const given = changed[key];
    if (given !== undefined) changed[key] = Array.isArray(given) ? given.map(source) : source(given);
  }
  const { data } = settings;
  if (data === undefined) return changed;
  const { testData } = isRecord(data) ? data : {};
  const placed = source(data);
  return {
    ...changed,
    data: isRecord(placed) && Array.isArray(testData) ? { ...placed, testData: testData.map(source) } : placed,
  };
}

function withPaths(source: unknown, place: (path: string) => string): unknown {
  try {
    if (typeof source !== "string") return isComponent(source) ? configWithPaths(source, place) : source;
    const config = parseDataSource(source);
    const placed = configWithPaths(config, place);
    return placed === config ? source : dataSourceText(placed);
  } catch (error) {
    // What is wrong with it is said where it is read.
    if (SaenoError.isInstance(error) && error.code !== "data.place") return source;
    throw error;
  }
}

function configWithPaths<C extends Settings & { readonly kind: string }>(
  config: C,
  place: (path: string) => string,
): C {
  const changes = optionsOf(findDataset(config.kind).schema).flatMap(({ name, metadata }) => {
    const path = config[name];
    if (metadata.data === true) {
      const placed = withPaths(path, place);
      return placed === path ? [] : [[name, placed] as const];
    }
    if (typeof path !== "string") return [];
    const part = typeof metadata.path === "function" ? metadata.path(path) : metadata.path ? path : undefined;
    if (part === undefined) return [];
    const placed = path.slice(0, path.length - part.length) + place(part);
    return placed === path ? [] : [[name, placed] as const];
  });
  return changes.length === 0 ? config : { ...config, ...Object.fromEntries(changes) };
}
