/** A training on disk that can be continued: the model's weights, and all else that it remembers. */
import { issueOf, parseJson, SaenoError, sha256 } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { type ByteSource, openSafetensors, type SafetensorsForm, safetensorsHeader } from "@saeno/datasets";
import { tensor, tidy } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import type { StateTensor, TrainingState } from "./training-state.ts";

/** Where the files of one checkpoint are: a folder, or a part of a browser's storage. */
export interface CheckpointPlace {
  /** Writes a file whole, or not at all; resolves once it would survive a crash. */
  write(file: string, content: string | AsyncIterable<Uint8Array>): Promise<void>;
  /** A file to be read in pieces, `undefined` if there is none. The caller closes it. */
  open(file: string): Promise<ByteSource | undefined>;
}

/** What a checkpoint holds besides the weights. */
export interface Checkpoint {
  readonly state: TrainingState;
  /** Whatever the program that saved it wants to know later. */
  readonly notes: Readonly<Record<string, unknown>>;
}

const weightsFile = "model.safetensors";
const tensorsFile = "state.safetensors";
const stateFile = "state.json";

/** SHA-256 of the bytes of each tensor, in hexadecimal. */
type Checksums = Record<string, string>;

const stateSchema = v.object({
  version: v.literal(1),
  values: v.record(v.string(), v.union([v.number(), v.array(v.number())])),
  notes: v.record(v.string(), v.unknown()),
  checksums: v.object({
    [weightsFile]: v.record(v.string(), v.string()),
    [tensorsFile]: v.record(v.string(), v.string()),
  }),
});
const sealedSchema = v.object({ sha256: v.string(), content: stateSchema });

/**
 * Writes a checkpoint: the weights, the tensors of the state, and last `state.json`, which holds the checksums of both and one of its own. If it is missing
 * or does not match, the checkpoint was cut off and does not count.
 */
export async function saveCheckpoint(
  place: CheckpointPlace,
  model: SparseAutoencoder,
  { state, notes }: Checkpoint,
): Promise<void> {
  const weights = model.parameters().map(({ name, variable }) => ({
    name,
    shape: variable.shape,
    values: () => variable.data<"float32">(),
  }));
  const tensors = Object.entries(state.tensors).map(([name, { shape, values }]) => ({
    name,
    shape,
    values: async () => values,
  }));
  const checksums = {
    [weightsFile]: await writeTensors(place, weightsFile, weights),
    [tensorsFile]: await writeTensors(place, tensorsFile, tensors),
  };
  const content = { version: 1, values: state.values, notes, checksums };
  const seal = await sha256(JSON.stringify(content));
  await place.write(stateFile, JSON.stringify({ sha256: seal, content }));
}

/**
 * Puts the weights of a checkpoint into a model of the same form, and returns the rest. If anything is wrong, the model stays as it is.
 *
 * @throws SaenoError `checkpoint.torn` for a checkpoint that was cut off or changed; `checkpoint.model` for that of another model.
 */
export async function restoreCheckpoint(place: CheckpointPlace, model: SparseAutoencoder): Promise<Checkpoint> {
  const { checksums, values, notes } = await readState(place);
  const weights = await readTensors(place, weightsFile, checksums[weightsFile]);
  const tensors = await readTensors(place, tensorsFile, checksums[tensorsFile]);
  const parameters = model.parameters();
  for (const { name, variable } of parameters) {
    const found = weights[name]?.shape;
    if (found?.join() === variable.shape.join()) continue;
    const what = found === undefined ? "is not in it" : `has the shape [${found.join(", ")}] in it`;
    throw new SaenoError(
      "checkpoint.model",
      `This checkpoint is of another model: "${name}" of shape [${variable.shape.join(", ")}] ${what}.`,
      { kind: "data" },
    );
  }
  for (const { name, variable } of parameters) {
    const found = weights[name];
    if (found !== undefined) tidy(() => variable.assign(tensor(found.values, variable.shape)));
  }
  return { state: { tensors, values }, notes };
}

async function readState(place: CheckpointPlace): Promise<v.InferOutput<typeof stateSchema>> {
  const parsed = v.safeParse(sealedSchema, parseJson(await bytesOf(place, stateFile), stateFile));
  if (!parsed.success) throw torn(`${stateFile}: ${issueOf(parsed.issues[0])}`);
  const { sha256: seal, content } = parsed.output;
  if ((await sha256(JSON.stringify(content))) !== seal)
    throw torn(`${stateFile} does not have the checksum that it names`);
  return content;
}

interface Source extends SafetensorsForm {
  values(): Promise<Float32Array>;
}

async function writeTensors(place: CheckpointPlace, file: string, tensors: readonly Source[]): Promise<Checksums> {
  const checksums: Checksums = {};
  await place.write(file, pieces());
  return checksums;

  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield safetensorsHeader(tensors, { format: "saeno" });
    for (const { name, values } of tensors) {
      const { buffer, byteOffset, byteLength } = await values();
      const bytes = new Uint8Array(buffer, byteOffset, byteLength);
      checksums[name] = await sha256(bytes);
      yield bytes;
    }
  }
}

async function readTensors(
  place: CheckpointPlace,
  file: string,
  checksums: Checksums,
): Promise<Record<string, StateTensor>> {
  const source = await place.open(file);
  if (source === undefined) throw torn(`${file} is not there`);
  try {
    const { tensors } = await openSafetensors(source);
    const read: Record<string, StateTensor> = {};
    for (const [name, expected] of Object.entries(checksums)) {
      const found = tensors.get(name);
      if (found === undefined) throw torn(`${file} lacks "${name}"`);
      const bytes = Uint8Array.from(await source.read(found.from, found.to));
      if ((await sha256(bytes)) !== expected) throw torn(`"${name}" of ${file} does not have its checksum`);
      read[name] = { shape: found.shape, values: new Float32Array(bytes.buffer) };
    }
    return read;
  } finally {
    await source.close?.();
  }
}

async function bytesOf(place: CheckpointPlace, file: string): Promise<Uint8Array> {
  const source = await place.open(file);
  if (source === undefined) throw torn(`${file} is not there`);
  try {
    return await source.read(0, source.size);
  } finally {
    await source.close?.();
  }
}

function torn(problem: string): SaenoError {
  return new SaenoError("checkpoint.torn", `This checkpoint is not whole: ${problem}.`, { kind: "data" });
}
