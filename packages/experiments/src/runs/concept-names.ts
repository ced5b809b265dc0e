import { issueOf, parseJson, SaenoError } from "@saeno/backend";
import * as v from "valibot";
import type { RunStore } from "./run-store.ts";

const namesSchema = v.record(v.pipe(v.string(), v.regex(/^\d+$/, "must be the number of a concept")), v.string());

/**
 * The names of a run's concepts, by concept: `names.json` of its folder, such as `{ "17": "left edge" }`. Empty if there is none.
 *
 * @throws SaenoError `run.file` if it is damaged.
 */
export async function conceptNames(store: RunStore, path: string): Promise<ReadonlyMap<number, string>> {
  const bytes = await store.read(path, "names.json");
  if (bytes === undefined) return new Map();
  const file = `${path}/names.json`;
  const parsed = v.safeParse(namesSchema, parseJson(bytes, file));
  if (parsed.success) return new Map(Object.entries(parsed.output).map(([concept, name]) => [Number(concept), name]));
  const [issue] = parsed.issues;
  throw new SaenoError("run.file", `${file} is damaged: ${v.getDotPath(issue) ?? "it"} ${issueOf(issue)}.`, {
    kind: "data",
  });
}
