import { createRandom, SaenoError } from "@saeno/backend";
import { type ModelConfig, modelFromConfig, type SparseAutoencoder } from "@saeno/core";
import { encodeSafetensors, parseSafetensors } from "@saeno/datasets";
import { tensor, tidy } from "@tensorflow/tfjs-core";

/** The parameters of a model as the bytes of a safetensors file, float32, each under its name. */
export async function encodeModel(model: SparseAutoencoder): Promise<Uint8Array> {
  const tensors: Record<string, { dtype: "F32"; shape: number[]; values: Float32Array }> = {};
  for (const { name, variable } of model.parameters()) {
    tensors[name] = { dtype: "F32", shape: variable.shape, values: await variable.data<"float32">() };
  }
  return encodeSafetensors(tensors, { format: "saeno" });
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
  const model = modelFromConfig(config, createRandom(0));
  try {
    const expected = new Set(model.parameters().map((parameter) => parameter.name));
    const unexpected = [...tensors.keys()].filter((key) => !expected.has(key));
    if (unexpected.length > 0)
      throw modelError(
        `${name} holds tensors that the model of its config.json does not have: ${unexpected.join(", ")}.`,
      );
    for (const { name: parameter, variable } of model.parameters()) {
      const found = tensors.get(parameter);
      const { shape } = variable;
      if (found === undefined)
        throw modelError(`${name} lacks the tensor "${parameter}" that the model of its config.json needs.`);
      if (found.shape.join() !== shape.join()) {
        throw modelError(
          `${name}: "${parameter}" has the shape [${found.shape.join(", ")}]; config.json asks for [${shape.join(", ")}].`,
        );
      }
      const values = Float32Array.from(found.values);
      if (!values.every(Number.isFinite))
        throw modelError(`${name}: "${parameter}" holds NaN or infinite values. Train again.`);
      tidy(() => variable.assign(tensor(values, shape)));
    }
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function modelError(message: string): SaenoError {
  return new SaenoError("model.file", message, { kind: "data" });
}
