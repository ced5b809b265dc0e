import { createRandom, SaenoError } from "@saeno/backend";
import { type ModelConfig, modelFromConfig, parameterShapes, type SparseAutoencoder } from "@saeno/core";
import {
  type ByteSource,
  openSafetensors,
  parseSafetensors,
  type StoredTensor,
  safetensorsHeader,
} from "@saeno/datasets";
import { tensor, tidy } from "@tensorflow/tfjs-core";

/** The parameters of a model as the bytes of a safetensors file, float32, each under its name. */
export async function encodeModel(model: SparseAutoencoder): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of modelPieces(model)) pieces.push(piece);
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** The same bytes one after the other, for files that are larger than an array can be. */
export async function* modelPieces(model: SparseAutoencoder): AsyncGenerator<Uint8Array> {
  const parameters = model.parameters();
  const forms = parameters.map(({ name, variable: { shape } }) => ({ name, shape }));
  yield safetensorsHeader(forms, { format: "saeno" });
  for (const { variable } of parameters) {
    const { buffer, byteOffset, byteLength } = await variable.data<"float32">();
    yield new Uint8Array(buffer, byteOffset, byteLength);
  }
}

/**
 * A model from its config and the bytes of its safetensors file.
 *
 * @param name what to call the file in errors.
 * @throws SaenoError `model.file` when a tensor is missing, unexpected, of another shape or not finite, and whatever
 *   `parseSafetensors` and `modelFromConfig` throw.
 */
export function decodeModel(config: ModelConfig, bytes: Uint8Array, name: string): SparseAutoencoder {
  const { tensors } = parseSafetensors(bytes, name);
  const model = modelOf(config, tensors, name);
  try {
    for (const { name: parameter, variable } of model.parameters()) {
      const values = checkedValues(tensors.get(parameter)?.values ?? [], parameter, name);
      tidy(() => variable.assign(tensor(values, variable.shape)));
    }
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** As {@link decodeModel}, from a file of any size. */
export async function readModel(config: ModelConfig, file: ByteSource): Promise<SparseAutoencoder> {
  const { tensors } = await openSafetensors(file);
  const model = modelOf(config, tensors, file.name);
  try {
    for (const { name: parameter, variable } of model.parameters()) {
      const values = checkedValues((await tensors.get(parameter)?.read()) ?? [], parameter, file.name);
      tidy(() => variable.assign(tensor(values, variable.shape)));
    }
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

type Found = ReadonlyMap<string, Pick<StoredTensor, "shape">>;

/** The model of a config, once the tensors of a file have the shapes that it says. */
function modelOf(config: ModelConfig, tensors: Found, name: string): SparseAutoencoder {
  // Before anything is made: a wrong number in the config must not fill memory.
  for (const [parameter, shape] of parameterShapes(config)) checkShape(tensors, parameter, shape, name);
  const model = modelFromConfig(config, createRandom(0));
  try {
    const expected = new Set(model.parameters().map((parameter) => parameter.name));
    const unexpected = [...tensors.keys()].filter((key) => !expected.has(key));
    if (unexpected.length > 0)
      throw modelError(
        `${name} holds tensors that the model of its config.json does not have: ${unexpected.join(", ")}.`,
      );
    for (const { name: parameter, variable } of model.parameters())
      checkShape(tensors, parameter, variable.shape, name);
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function checkShape(tensors: Found, parameter: string, shape: readonly number[], name: string): void {
  const found = tensors.get(parameter);
  if (found === undefined)
    throw modelError(`${name} lacks the tensor "${parameter}" that the model of its config.json needs.`);
  if (found.shape.join() === shape.join()) return;
  throw modelError(
    `${name}: "${parameter}" has the shape [${found.shape.join(", ")}]; config.json asks for [${shape.join(", ")}].`,
  );
}

function checkedValues(found: ArrayLike<number>, parameter: string, name: string): Float32Array {
  const values = found instanceof Float32Array ? found : Float32Array.from(found);
  if (values.every(Number.isFinite)) return values;
  throw modelError(`${name}: "${parameter}" holds NaN or infinite values. Train again.`);
}

function modelError(message: string): SaenoError {
  return new SaenoError("model.file", message, { kind: "data" });
}
