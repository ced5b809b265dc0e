import { type Activation, toDense } from "@saeno/activations";
import {
  expectClose,
  expectGradient,
  expectNoLeaks,
  expectSame,
  expectThat,
  type TestFunction,
} from "@saeno/activations/testing";
import { createRandom, type Grid, isFrozen, sizeOf } from "@saeno/backend";
import { mul, reshape, type Scalar, sigmoid, sum, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { encoderFromConfig } from "../components.ts";
import { convDictionary } from "../conv-dictionary.ts";
import { denseDictionary } from "../dense-dictionary.ts";
import type { Dictionary } from "../dictionary.ts";
import type { Encoder } from "../encoder.ts";
import { fourierDictionary } from "../fourier-dictionary.ts";

export interface TestEncoderOptions {
  readonly test: TestFunction;
  /** The encoder for a dictionary; its component is registered. */
  readonly make: (dictionary: Dictionary) => Encoder;
  /** An activation whose codes change smoothly with pre-codes; default a smooth relu. */
  readonly activation?: (dictionary: Dictionary) => Activation;
  /** Dictionaries and grids of samples; default one of vectors, one of kernels and one of spectra. */
  readonly dictionaries?: readonly { readonly make: () => Dictionary; readonly grid: Grid }[];
}

const usual = [
  { make: () => denseDictionary({ inputs: 7, concepts: 5 }, createRandom(3)), grid: [] },
  { make: () => convDictionary({ channels: 2, concepts: 5, kernel: [3, 3] }, createRandom(3)), grid: [6, 5] },
  { make: () => fourierDictionary({ channels: 2, concepts: 5, modes: [3] }, createRandom(3)), grid: [8] },
];

const smooth: Activation = {
  kind: "smooth",
  apply(preCodes) {
    const u = preCodes.dense();
    return { kind: "dense", values: mul(u, sigmoid(u)) };
  },
  toConfig: () => ({ kind: "smooth" }),
};

/** What every encoder has in common, as tests. */
export function testEncoder({ test, make, activation = () => smooth, dictionaries = usual }: TestEncoderOptions): void {
  for (const { make: makeDictionary, grid } of dictionaries) {
    /** A test on an encoder and samples, in a `tidy`. */
    const on = (name: string, run: (encoder: Encoder, x: Tensor, dictionary: Dictionary) => void): void => {
      test(`${grid.length === 0 ? "vectors" : grid.join(" x ")}: ${name}`, () => {
        const dictionary = makeDictionary();
        const encoder = make(dictionary);
        try {
          tidy(() => run(encoder, samples(dictionary), dictionary));
        } finally {
          encoder.dispose();
          dictionary.dispose();
        }
      });
    };
    const samples = ({ channels }: Dictionary) => {
      const shape = [3, ...grid, channels];
      return tensor(createRandom(4).normals(sizeOf(shape)), shape);
    };
    const codesOf = (encoder: Encoder, x: Tensor, dictionary: Dictionary) =>
      toDense(encoder.encode(x, activation(dictionary)).codes);

    on("codes are those of the dictionary's form, the same every time", (encoder, x, dictionary) => {
      const shape = [3, ...(dictionary.codes === "maps" ? grid : []), dictionary.conceptCount];
      const codes = codesOf(encoder, x, dictionary);
      expectThat(
        codes.shape.join() === shape.join(),
        () => `Codes are [${codes.shape.join()}], not [${shape.join()}].`,
      );
      expectThat(codes.dataSync().every(Number.isFinite), () => "Codes of finite samples must be finite.");
      expectClose("Codes once more", codesOf(encoder, x, dictionary), codes, 0);
    });

    on("its config makes one of the same form", (encoder, _, dictionary) => {
      const config = encoder.toConfig();
      const again = encoderFromConfig(config, dictionary);
      const found = again.toConfig();
      again.dispose();
      expectThat(config.kind === encoder.kind, () => `The config of "${encoder.kind}" says "${config.kind}".`);
      expectSame("The config", found, config);
    });

    on("gradients to its own parameters and to the dictionary's are slopes", (encoder, x, dictionary) => {
      const upstream = tensor(createRandom(5).normals(codesOf(encoder, x, dictionary).size));
      const trained = [...encoder.parameters(), ...dictionary.parameters].filter((each) => !isFrozen(each));
      const f = () => sum(mul(reshape(codesOf(encoder, x, dictionary), [-1]), upstream)) as Scalar;
      for (const { name, variable } of trained) expectGradient(name, f, variable);
    });

    on(
      "where it is linear up to the activation, pre-codes are those of the operator and the bias it tells",
      (encoder, x, dictionary) => {
        const linear = encoder.linear?.();
        if (linear === undefined) return;
        const { preCodes } = encoder.encode(x, activation(dictionary));
        expectClose("Pre-codes", linear.operator.preCodes(x, linear.bias).dense(), preCodes().dense());
        linear.operator.dispose();
      },
    );
  }

  test("nothing is left behind, and the dictionary stays", () => {
    const [{ make: makeDictionary, grid }] = dictionaries;
    const dictionary = makeDictionary();
    const shape = [3, ...grid, dictionary.channels];
    const x = tensor(createRandom(4).normals(sizeOf(shape)), shape);
    expectNoLeaks("An encoder that is used and disposed", () => {
      const encoder = make(dictionary);
      tidy(() => toDense(encoder.encode(x, activation(dictionary)).codes)).dispose();
      encoder.dispose();
    });
    dictionary.correlate(x).dispose();
    dictionary.dispose();
    x.dispose();
  });
}
