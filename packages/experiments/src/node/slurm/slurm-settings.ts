import { parseJson, problemOf, SaenoError } from "@saeno/backend";
import * as v from "valibot";

const line = v.pipe(v.string(), v.regex(/^[^\r\n]+$/, "must be one line"));
const word = v.pipe(v.string(), v.regex(/^[^\r\n"]+$/, "must be one line without quotation marks"));

const schema = v.strictObject({
  account: v.optional(word),
  constraint: v.optional(word),
  qos: v.optional(word),
  gres: v.optional(word),
  /** Of each run, as Slurm writes it: `4G`. */
  mem: v.optional(word),
  /** Cores, and so threads, of each run. */
  cpusPerTask: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1),
  /** Further options of sbatch, such as `--exclude=node7`. */
  sbatch: v.optional(v.array(v.pipe(line, v.startsWith("--"))), []),
  /** Shell commands before the run starts, such as `module load nodejs`. */
  setup: v.optional(v.array(line), []),
});

/** What a cluster wants to know about jobs, besides partition and time. */
export type SlurmSettings = v.InferOutput<typeof schema>;

/**
 * Reads settings for Slurm from JSON.
 *
 * @param file what messages call it.
 * @throws SaenoError `slurm.config`, `json.format`.
 */
export function parseSlurmSettings(content: string | Uint8Array = "{}", file = "settings for Slurm"): SlurmSettings {
  const parsed = v.safeParse(schema, parseJson(content, file));
  if (parsed.success) return parsed.output;
  const problems = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? "it"} ${problemOf(issue)}`);
  const known = Object.keys(schema.entries).join(", ");
  const message = `${file} does not hold settings for Slurm: ${problems.join("; ")}. It may have ${known}.`;
  throw new SaenoError("slurm.config", message, { kind: "data" });
}
