/** A page that opens the classifier as a file that was dropped on it. */
import { useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { saeCnn } from "@saeno/core";
import { arrayDataset, pageFiles } from "@saeno/datasets";
import { tensor, transpose, zerosLike } from "@tensorflow/tfjs-core";
import { conceptEffects, fidelity, openNetwork } from "../index.ts";

export type LookAt = typeof lookAt;

async function lookAt(model: readonly number[], pixels: readonly number[]) {
  await useBackend(wasmBackend);
  const files = pageFiles([new File([Uint8Array.from(model)], "small.onnx")]);
  const network = await openNetwork("onnx:small.onnx", { files, size: [16, 12], outputs: ["logits"] });
  const layer = network.layerName("second/conv");
  const x = tensor(pixels, [3, 3, 16, 12]);
  const map = await network.activations(x, layer);
  const [plain, spliced, without] = [
    await network.outputs(x),
    await network.outputsFrom(x, layer, map),
    await network.outputsFrom(x, layer, zerosLike(map)),
  ];
  const seen = transpose(x, [0, 2, 3, 1]).dataSync<"float32">();
  const images = arrayDataset({ name: "images", values: seen, shape: [3, 16, 12, 3] });
  const sae = saeCnn({ channels: 5, concepts: 6, active: 3, kernel: [3, 3], domain: { density: 0.5 }, seed: 2 });
  const effects = await conceptEffects(sae, network, layer, images, { batchSize: 2 });
  const { outputs } = await fidelity(sae, network, layer, images);
  const numbers = ({ logits }: typeof plain) => Array.from(logits.dataSync());
  return {
    layers: (await network.layers()).map(({ name }) => name),
    map: Array.from(map.dataSync()),
    plain: numbers(plain),
    spliced: numbers(spliced),
    without: numbers(without),
    effects: effects.concepts.map(({ change }) => change),
    recovered: outputs[0].recovered.mean,
  };
}

Object.assign(globalThis, { lookAt });
