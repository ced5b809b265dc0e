import { parseJson, SaenoError } from "@saeno/backend";
import { blobBytes } from "@saeno/datasets";
import { jsonOf, runModelOf, saenoVersion } from "@saeno/experiments";
import { readSaelens, readSparsify } from "@saeno/interop";
import { encodeModel } from "@saeno/training";

/** How models of other libraries are told by their files. */
const formats = [
  { format: "saelens", weights: "sae_weights.safetensors", read: readSaelens },
  { format: "sparsify", weights: "sae.safetensors", read: readSparsify },
] as const;

export function isPeer(names: readonly string[]): boolean {
  return names.includes("cfg.json");
}

/** The files of a run folder with a model of SAELens or sparsify. @throws SaenoError `import.files`, and as the readers. */
export async function importPeer(files: ReadonlyMap<string, Blob>): Promise<ReadonlyMap<string, Uint8Array | string>> {
  const config = files.get("cfg.json");
  const found = formats.find(({ weights }) => files.has(weights));
  const weights = found && files.get(found.weights);
  if (config === undefined || found === undefined || weights === undefined) {
    const wanted = formats.map((each) => each.weights).join(" or ");
    throw new SaenoError("import.files", `Beside cfg.json there is no ${wanted}: drop the whole folder of the model.`, {
      kind: "data",
    });
  }
  const read = parseJson(await config.text(), "cfg.json");
  const model = await found.read({ config: read, weights: blobBytes(weights, found.weights), name: found.weights }, {});
  try {
    const modelConfig = model.toConfig();
    const record = {
      saeno: saenoVersion,
      imported: { format: found.format, config: read },
      model: runModelOf(modelConfig),
      channels: model.dictionary.channels,
      modelConfig,
    };
    return new Map<string, Uint8Array | string>([
      ["model.safetensors", await encodeModel(model)],
      ["config.json", jsonOf(record)],
    ]);
  } finally {
    model.dispose();
  }
}
