import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuBackend, createRandom, useBackend } from "@saeno/backend";
import { modelFromConfig, type SparseAutoencoder, saeCnn, saeFno } from "@saeno/core";
import { parseSafetensors } from "@saeno/datasets";
import { memory, sub, tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { python, runPython } from "./__fixtures__/python.ts";
import {
  complexTensor,
  fourierFromLi,
  fourierFromNeuralop,
  neuralopFromFourier,
  type WrittenSpectral,
  writeLi,
  writeNeuralop,
} from "./index.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

const [C, K] = [2, 5];
const modes = [3, 4];
const grid = [6, 9];

/** A model whose every parameter is away from its start. */
function made(encoder: object, normalized = false): SparseAutoencoder {
  const config = {
    dictionary: { kind: "fourier", channels: C, concepts: K, modes, start: "localized" },
    encoder: { kind: "shallow", ...encoder },
    activation: { kind: "relu" },
    normalized,
  };
  const model = modelFromConfig(config, createRandom(1));
  model.parameters().forEach(({ name, variable }, i) => {
    const noise = createRandom(20 + i).normals(variable.size);
    const old = variable.dataSync();
    const values = noise.map((value, j) => (name === "input.scale" ? 1 + Math.abs(value) : old[j] + 0.3 * value));
    tidy(() => variable.assign(tensor(values, variable.shape)));
  });
  return model;
}

const samples = createRandom(5).normals(2 * 6 * 9 * C);

/** Pre-codes and reconstructions of a model on a grid. */
function passOf(model: SparseAutoencoder): { preCodes: number[]; output: number[] } {
  return tidy(() => {
    const { preCodes, output } = model.pass(tensor(samples, [2, ...grid, C]));
    return { preCodes: Array.from(preCodes().dense().dataSync()), output: Array.from(output.dataSync()) };
  });
}

const formats = [
  ["neuralop", writeNeuralop],
  ["li", writeLi],
] as const;
const encoders = [{ tied: false }, { tied: true }, { tied: false, distance: true }, { tied: true, distance: true }];

/** The dictionary whose adjoint the written encoder is. */
function encoderOf(format: string, { weights }: WrittenSpectral) {
  const file = parseSafetensors(weights, "file");
  if (format === "neuralop") return fourierFromNeuralop(complexTensor(file, "encoder.weight"), { as: "encoder" });
  const blocks = [1, 2].map((i) => complexTensor(file, `encoder.weights${i}`));
  return fourierFromLi(blocks, { as: "encoder" });
}

describe("models of functions as spectral weights", () => {
  test.each(formats.flatMap(([format, write]) => encoders.map((encoder) => ({ format, write, encoder }))))(
    "$format, $encoder: the encoder read back gives the pre-codes of the model",
    async ({ format, write, encoder }) => {
      const model = made(encoder);
      const before = memory().numTensors;
      const written = await write(model);
      expect(memory().numTensors).toBe(before);
      const { tensors } = parseSafetensors(written.weights, "file");
      const vector = (name: string) => tensor1d(Float32Array.from(tensors.get(name)?.values ?? []));
      const dictionary = encoderOf(format, written);
      const found = tidy(() => {
        const x = sub(tensor(samples, [2, ...grid, C]), vector("decoder.bias"));
        return Array.from(dictionary.preCodes(x, vector("encoder.bias")).dense().dataSync());
      });
      const { preCodes } = passOf(model);
      expect(Math.max(...found.map((value, i) => Math.abs(value - preCodes[i])))).toBeLessThan(2e-5);
      expect(Math.max(...preCodes) - Math.min(...preCodes)).toBeGreaterThan(1);
    },
  );

  test("the config names every tensor with its shape, the modes of the peer's layer, and the activation", async () => {
    const { config, weights } = await writeNeuralop(made({ tied: true }, true));
    expect(config).toMatchObject({
      format: "neuralop",
      channels: C,
      concepts: K,
      modes: [5, 7],
      tensors: {
        "decoder.weight": [K, C, 5, 4, 2],
        "encoder.weight": [C, K, 5, 4, 2],
        "encoder.bias": [K],
        "decoder.bias": [C],
        "input.mean": [C],
        "input.scale": [C],
      },
      activation: { kind: "relu" },
    });
    const { tensors } = parseSafetensors(weights, "file");
    expect(Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]))).toEqual(config.tensors);
    const li = await writeLi(made({ tied: false }));
    expect(li.config).toMatchObject({ modes, tensors: { "decoder.weights2": [K, C, 3, 4, 2] } });
  });

  test("an encoder that runs on the dictionary has no weights of its own", async () => {
    const { config } = await writeNeuralop(made({ kind: "unrolled", iterations: 2, stepSize: 0.1 }));
    expect(Object.keys(config.tensors as object)).toEqual(["decoder.weight", "decoder.bias"]);
    expect(config).toMatchObject({ encoder: { kind: "unrolled" } });
  });

  test("models without spectra, and those with NaN, are refused", async () => {
    const cnn = saeCnn({ channels: 1, concepts: 3, active: 1, kernel: [3, 3] });
    await expect(writeNeuralop(cnn)).rejects.toThrow(/this one is of SAE-CNN/);
    const lifted = saeFno({ channels: 1, concepts: 3, active: 1, modes, lifting: { lifted: 3 } });
    await expect(writeLi(lifted)).rejects.toThrow(/this one is of L-SAE-FNO/);
    const broken = made({ tied: false });
    broken.setDecoderBias(tensor1d([Number.NaN, 0]));
    await expect(writeLi(broken)).rejects.toThrow(/"decoder.bias" holds NaN/);
  });
});

describe.skipIf(python === undefined)("in NumPy (skipped where no Python has it)", () => {
  const folder = mkdtempSync(join(tmpdir(), "saeno-interop-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(formats)("%s: FFT, weights, inverse FFT computes the whole model", async (format, write) => {
    const model = made({ tied: false }, true);
    const { config, weights } = await write(model);
    const path = join(folder, format);
    writeFileSync(path, weights);
    // Pre-codes and outputs of pass are inside of the normalization.
    const expected = passOf(model);
    writeFileSync(
      `${path}.json`,
      JSON.stringify({ config, x: Array.from(samples), shape: [2, ...grid, C], ...expected }),
    );
    const script = `
case = json.load(open(sys.argv[1] + ".json"))
w = load(sys.argv[1])
x = np.array(case["x"]).reshape(case["shape"])
x = (x - w["input.mean"]) / w["input.scale"]
half, last = case["config"]["modes"]
points = x.shape[1:3]

def spectrum(name):
    if case["config"]["format"] == "neuralop":
        weight = w[name + ".weight"]
        weight = weight[..., 0] + 1j * weight[..., 1]
        return {(i - half // 2, j): weight[:, :, i, j] for i in range(half) for j in range(weight.shape[3])}
    found = {}
    for block in (1, 2):
        weight = w[name + ".weights%d" % block]
        weight = weight[..., 0] + 1j * weight[..., 1]
        found.update({(i - half * (block - 1), j): weight[:, :, i, j] for i in range(half) for j in range(last)})
    return found

def operator(name, x):
    f = np.fft.rfft2(x, axes=(1, 2))
    weights = spectrum(name)
    out = np.zeros(f.shape[:3] + (next(iter(weights.values())).shape[1],), complex)
    for (i, j), weight in weights.items():
        out[:, i, j] = f[:, i, j] @ weight
    return np.fft.irfft2(out, s=points, axes=(1, 2))

u = operator("encoder", x - w["decoder.bias"]) + w["encoder.bias"]
y = operator("decoder", np.maximum(u, 0)) + w["decoder.bias"]
errors = [np.abs(found.ravel() - case[name]).max() for name, found in (("preCodes", u), ("output", y))]
print(json.dumps([float(error) for error in errors]))
`;
    for (const error of runPython(script, path) as number[]) expect(error).toBeLessThan(5e-5);
    expect(Math.max(...expected.output) - Math.min(...expected.output)).toBeGreaterThan(0.3);
  });
});

test("the decoder is what neuralopFromFourier writes", async () => {
  const model = made({ tied: false });
  const { weight } = await neuralopFromFourier(model.dictionary, { as: "decoder" });
  const found = complexTensor(parseSafetensors((await writeNeuralop(model)).weights, "file"), "decoder.weight");
  expect(found.shape).toEqual(weight.shape);
  expect(Array.from(found.re)).toEqual(Array.from(weight.re));
  expect(Array.from(found.im)).toEqual(Array.from(weight.im));
});
