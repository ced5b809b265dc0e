/** What the atoms of a fourier dictionary are made of: all their coefficients, or a few profiles of each with the channels they act on. */
import {
  conjugateCounts,
  createRandom,
  type Modes,
  type Parameter,
  packTheta,
  spectralWeights,
  spectrumShape,
  trainable,
} from "@saeno/backend";
import {
  add,
  concat,
  customGrad,
  div,
  type GradSaveFunc,
  gather,
  matMul,
  mul,
  relu,
  reshape,
  sqrt,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor,
  tensor1d,
  tile,
  transpose,
} from "@tensorflow/tfjs-core";
import type { AssignOptions } from "./dictionary.ts";
import { assignRows, mapLastAxis, unitRows } from "./rows.ts";

/** `theta [K, 2, C, ...M]`, `theta(w) = sqrt(c(w)) D(w)` (specification: Dictionaries), as parameters hold it. Run inside a `tidy`. */
export interface SpectralAtoms {
  readonly parameters: readonly Parameter[];
  /** Differentiable. */
  theta(): Tensor;
  /** Onto the symmetry of real functions, and to unit norm. */
  normalize(): void;
  scale(factor: number): void;
  /** @param theta `[m, 2, C, ...M]`. */
  assign(theta: Tensor, options?: AssignOptions): void;
  mapChannels(matrix: Tensor2D): void;
  copy(): SpectralAtoms;
}

/** theta itself is the parameter. */
export function wholeSpectra(start: Tensor, modes: Modes): SpectralAtoms {
  const variable = trainable(start);
  const [concepts, , channels] = start.shape as [number, number, number, ...number[]];
  return {
    parameters: [{ name: "theta", variable, role: "atoms", anyBasis: true }],
    theta: () => variable,
    normalize: () => variable.assign(unitRows(projected(variable, channels, modes))),
    scale: (factor) => variable.assign(mul(variable, factor)),
    assign: (theta, options) => assignRows(variable, theta, options),
    mapChannels(matrix) {
      const rows = reshape(variable, [2 * concepts, channels, -1]);
      const mapped = transpose(mapLastAxis(transpose(rows, [0, 2, 1]), matrix), [0, 2, 1]);
      variable.assign(reshape(mapped, variable.shape));
    },
    copy: () => wholeSpectra(variable, modes),
  };
}

export interface Factors {
  /** `[K, 2, R, ...M]`: each a spectrum, as theta is with R channels. */
  readonly profiles: Tensor;
  /** `[K, R, C]`. */
  readonly mixes: Tensor;
}

/**
 * `theta_kc(w) = sum_r profiles_kr(w) mixes_krc`: of each concept R functions in space, each on a pattern of channels. `K R (C + 2 |M|)` numbers
 * instead of `2 K C |M|`; encoding and decoding multiply as many as ever.
 */
export function factoredSpectra(start: Factors, modes: Modes): SpectralAtoms {
  const [profiles, mixes] = [trainable(start.profiles), trainable(start.mixes)];
  const [concepts, rank, channels] = mixes.shape as [number, number, number];
  const shape = [concepts, 2, channels, ...spectrumShape(modes)];

  /** Patterns of channels beside the real and the imaginary parts of profiles, `[2 K, R, C]`. */
  function mixesOfParts(of: Tensor): Tensor {
    const rows = reshape(of, [concepts, rank * channels]);
    return reshape(concat([rows, rows], 1), [2 * concepts, rank, channels]);
  }
  // Its own gradient: that of the copies would take as long as the products.
  const product = customGrad((...given) => {
    const [parts, of, save] = given as [Tensor, Tensor, GradSaveFunc];
    save([parts, of]);
    const rows = reshape(parts, [2 * concepts, rank, -1]);
    const copies = mixesOfParts(of);
    const value =
      rank === 1 ? mul(reshape(copies, [2 * concepts, channels, 1]), rows) : matMul(copies, rows, true, false);
    const gradFunc = (upstream: Tensor, [savedParts, savedOf]: Tensor[]) => {
      const flat = reshape(upstream, [2 * concepts, channels, -1]);
      const toMixes = matMul(reshape(savedParts, [2 * concepts, rank, -1]), flat, false, true);
      return [
        reshape(matMul(mixesOfParts(savedOf), flat), savedParts.shape),
        sum(reshape(toMixes, [concepts, 2, rank, channels]), 1),
      ];
    };
    return { value: reshape(value, shape), gradFunc };
  });
  const theta = () => product(profiles, mixes);

  /** Of atoms, `[K]`: `|theta_k|^2 = sum_rs <profiles_kr, profiles_ks> <mixes_kr, mixes_ks>`, without forming them. */
  function norms(): Tensor1D {
    const flat = reshape(transpose(reshape(profiles, [concepts, 2, rank, -1]), [0, 2, 1, 3]), [concepts, rank, -1]);
    const products = mul(matMul(flat, flat, false, true), matMul(mixes, mixes, false, true));
    // Factors that cancel may leave less than nothing.
    return sqrt(relu(sum(products, [1, 2]))) as Tensor1D;
  }
  return {
    parameters: [
      { name: "profiles", variable: profiles, role: "shape", anyBasis: true },
      { name: "mixes", variable: mixes, role: "shape" },
    ],
    theta,
    normalize() {
      // Patterns of channels at unit norm, so that the steps of both are of a size.
      mixes.assign(reshape(unitRows(reshape(mixes, [concepts * rank, channels])), mixes.shape));
      profiles.assign(projected(profiles, rank, modes));
      profiles.assign(scaledRows(profiles, div(1, add(norms(), 1e-12))));
    },
    scale: (factor) => profiles.assign(mul(profiles, factor)),
    assign(rows, { concepts: which, norm = "unit", ...options } = {}) {
      let scaled = norm === "given" ? rows : unitRows(rows);
      if (typeof norm === "object") {
        const before = norms();
        const own = which === undefined ? before : gather(before, tensor1d([...which], "int32"));
        scaled = scaledRows(scaled, mul(own, norm.kept));
      }
      const factors = factored(scaled, rank);
      const how = { ...options, ...(which && { concepts: which }), norm: "given" } as const;
      assignRows(profiles, factors.profiles, how);
      assignRows(mixes, factors.mixes, how);
    },
    mapChannels: (matrix) => mixes.assign(mapLastAxis(mixes, matrix)),
    copy: () => factoredSpectra({ profiles, mixes }, modes),
  };
}

/** theta `[K, 2, C, ...M]` of coefficients: `sqrt(c(w)) D(w)`. */
export function thetaOf(
  { re, im }: { readonly re: Tensor; readonly im: Tensor },
  channels: number,
  modes: Modes,
): Tensor {
  const shape = [-1, channels, ...spectrumShape(modes)];
  const roots = tensor(conjugateCounts(modes).map((count) => Math.sqrt(count)));
  return packTheta({ re: mul(reshape(re, shape), roots), im: mul(reshape(im, shape), roots) });
}

/** theta on the symmetry of real functions. */
export function projected(theta: Tensor, channels: number, modes: Modes): Tensor {
  return thetaOf(spectralWeights({ theta }, { modes }), channels, modes);
}

/** Steps of power iteration for each pattern of channels. */
const iterations = 40;

/** The nearest theta of a rank, its patterns of channels orthonormal: singular vectors, by power iteration, one after the other. */
export function factored(theta: Tensor, rank: number): Factors {
  const [count, , channels, ...shape] = theta.shape as [number, number, number, ...number[]];
  let left: Tensor = reshape(transpose(reshape(theta, [count, 2, channels, -1]), [0, 1, 3, 2]), [count, -1, channels]);
  const start = tensor(createRandom(0).split("factored").normals(channels), [1, channels, 1]);
  const found = Array.from({ length: rank }, () => {
    let mix: Tensor = tile(start, [count, 1, 1]);
    for (let step = 0; step < iterations; step++) mix = unitRows(matMul(left, matMul(left, mix), true));
    const profile = matMul(left, mix);
    left = sub(left, matMul(profile, mix, false, true));
    return { profile: reshape(profile, [count, 2, 1, ...shape]), mix: reshape(mix, [count, 1, channels]) };
  });
  return {
    profiles: concat(
      found.map(({ profile }) => profile),
      2,
    ),
    mixes: concat(
      found.map(({ mix }) => mix),
      1,
    ),
  };
}

function scaledRows(x: Tensor, factors: Tensor): Tensor {
  return mul(x, reshape(factors, [-1, ...Array<number>(x.rank - 1).fill(1)]));
}
