/** Host loops for the small contractions of a fourier dictionary: there is little to compute, and much to gather around it in tfjs. */
import { type KernelBackend, type TensorInfo, tensor } from "@tensorflow/tfjs-core";
import { registerKernel } from "./contract.ts";
import { accumulateChosen, correlateChosen, decodeChosen, sumChosen } from "./contracts/chosen.ts";
import { fold, unfold, unfoldIndices } from "./contracts/patches.ts";
import { spectralWeights, spectralWeightsAdjoint } from "./contracts/spectral-weights.ts";
import { conjugateCounts, type Modes, sizeOf, spectrumShape } from "./spectrum.ts";

type Read = (tensor: TensorInfo, backend: KernelBackend) => Float32Array | Int32Array;

export function registerHostSpectralKernels(name: string, read: Read): void {
  registerKernel(correlateChosen, name, ({ xRe, xIm, eRe, eIm, concepts }, _, backend) => {
    const [channels, size] = xRe.shape.slice(1) as [number, number];
    const [batch, chosen] = concepts.shape as [number, number];
    const [xr, xi, er, ei] = [xRe, xIm, eRe, eIm].map((x) => read(x, backend)) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const at = read(concepts, backend);
    const [re, im] = [new Float32Array(batch * chosen * size), new Float32Array(batch * chosen * size)];
    for (let row = 0; row < batch * chosen; row++) {
      for (let c = 0; c < channels; c++) {
        let x = (Math.floor(row / chosen) * channels + c) * size;
        let e = (at[row] * channels + c) * size;
        for (let a = row * size; a < (row + 1) * size; a++, x++, e++) {
          const [p, q, u, v] = [er[e], ei[e], xr[x], xi[x]];
          re[a] = re[a] + p * u + q * v;
          im[a] = im[a] + p * v - q * u;
        }
      }
    }
    const shape = [batch, chosen, size];
    return { re: tensor(re, shape), im: tensor(im, shape) };
  });

  registerKernel(decodeChosen, name, ({ zRe, zIm, dRe, dIm, concepts }, _, backend) => {
    const [channels, size] = dRe.shape.slice(1) as [number, number];
    const [batch, chosen] = concepts.shape as [number, number];
    const [zr, zi, dr, di] = [zRe, zIm, dRe, dIm].map((x) => read(x, backend)) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const at = read(concepts, backend);
    const [re, im] = [new Float32Array(batch * channels * size), new Float32Array(batch * channels * size)];
    for (let row = 0; row < batch * chosen; row++) {
      for (let c = 0; c < channels; c++) {
        let x = (Math.floor(row / chosen) * channels + c) * size;
        let d = (at[row] * channels + c) * size;
        for (let a = row * size; a < (row + 1) * size; a++, x++, d++) {
          const [p, q, u, v] = [dr[d], di[d], zr[a], zi[a]];
          re[x] = re[x] + p * u - q * v;
          im[x] = im[x] + p * v + q * u;
        }
      }
    }
    const shape = [batch, channels, size];
    return { re: tensor(re, shape), im: tensor(im, shape) };
  });

  registerKernel(accumulateChosen, name, ({ pRe, pIm, qRe, qIm, concepts }, { conceptCount }, backend) => {
    const [channels, size] = pRe.shape.slice(1) as [number, number];
    const [batch, chosen] = concepts.shape as [number, number];
    const [pr, pi, qr, qi] = [pRe, pIm, qRe, qIm].map((x) => read(x, backend)) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const at = read(concepts, backend);
    const [re, im] = [
      new Float32Array(conceptCount * channels * size),
      new Float32Array(conceptCount * channels * size),
    ];
    for (let row = 0; row < batch * chosen; row++) {
      for (let c = 0; c < channels; c++) {
        let p = (Math.floor(row / chosen) * channels + c) * size;
        let d = (at[row] * channels + c) * size;
        for (let q = row * size; q < (row + 1) * size; q++, p++, d++) {
          const [r, s, u, v] = [pr[p], pi[p], qr[q], qi[q]];
          re[d] = re[d] + r * u + s * v;
          im[d] = im[d] + s * u - r * v;
        }
      }
    }
    const shape = [conceptCount, channels, size];
    return { re: tensor(re, shape), im: tensor(im, shape) };
  });

  registerKernel(sumChosen, name, ({ values, concepts }, { conceptCount }, backend) => {
    const [source, at] = [read(values, backend), read(concepts, backend)];
    const sums = new Float32Array(conceptCount);
    for (let i = 0; i < source.length; i++) {
      const k = at[i];
      sums[k] = sums[k] + source[i];
    }
    return { sums: tensor(sums, [conceptCount]) };
  });

  registerKernel(spectralWeights, name, ({ theta }, { modes }, backend) => {
    const [concepts, , channels] = theta.shape as [number, number, number];
    const parts = symmetric(
      read(theta, backend),
      concepts,
      channels,
      modes,
      (k, part, c) => (2 * k + part) * channels + c,
    );
    const shape = [concepts, channels, sizeOf(spectrumShape(modes))];
    return { re: tensor(parts[0], shape), im: tensor(parts[1], shape) };
  });

  registerKernel(spectralWeightsAdjoint, name, ({ re, im }, { modes }, backend) => {
    const [concepts, channels, size] = re.shape as [number, number, number];
    const given = new Float32Array(2 * concepts * channels * size);
    given.set(read(re, backend));
    given.set(read(im, backend), concepts * channels * size);
    const parts = symmetric(given, concepts, channels, modes, (k, part, c) => (part * concepts + k) * channels + c);
    const theta = new Float32Array(given.length);
    const block = channels * size;
    for (let k = 0; k < concepts; k++) {
      theta.set(parts[0].subarray(k * block, (k + 1) * block), 2 * k * block);
      theta.set(parts[1].subarray(k * block, (k + 1) * block), (2 * k + 1) * block);
    }
    return { theta: tensor(theta, [concepts, 2, channels, ...spectrumShape(modes)]) };
  });

  registerKernel(unfold, name, ({ x }, { grid, size, padding }, backend) => {
    const [batch, points, channels] = x.shape as [number, number, number];
    const source = read(x, backend);
    const indices = unfoldIndices(grid, size, padding);
    const patches = new Float32Array(batch * indices.length * channels);
    let to = 0;
    for (let b = 0; b < batch; b++) {
      for (const index of indices) {
        const from = (b * points + index) * channels;
        for (let c = 0; c < channels; c++) patches[to++] = index < points ? source[from + c] : 0;
      }
    }
    return { patches: tensor(patches, [batch * points, sizeOf(size) * channels]) };
  });

  registerKernel(fold, name, ({ patches }, { grid, size, padding, channels }, backend) => {
    const points = sizeOf(grid);
    const source = read(patches, backend);
    const indices = unfoldIndices(grid, size, padding);
    const batch = source.length / (indices.length * channels);
    const x = new Float32Array(batch * points * channels);
    let from = 0;
    for (let b = 0; b < batch; b++) {
      for (const index of indices) {
        const to = (b * points + index) * channels;
        if (index < points) for (let c = 0; c < channels; c++) x[to + c] = x[to + c] + source[from + c];
        from += channels;
      }
    }
    return { x: tensor(x, [batch, points, channels]) };
  });
}

/**
 * `(W(w) + conj W(-w)) / 2` on the plane `w_d = 0`, everything divided by `sqrt(c(w))`: real and imaginary parts `[K, C, M]` from blocks
 * of M values that `block(concept, part, channel)` numbers. Mirroring the two-sided axes reverses their flat index.
 */
function symmetric(
  source: Float32Array | Int32Array,
  concepts: number,
  channels: number,
  modes: Modes,
  block: (concept: number, part: 0 | 1, channel: number) => number,
): [Float32Array, Float32Array] {
  const counts = conjugateCounts(modes);
  const [size, last] = [sizeOf(spectrumShape(modes)), counts.length];
  const rows = size / last;
  const [re, im] = [new Float32Array(concepts * channels * size), new Float32Array(concepts * channels * size)];
  for (let k = 0; k < concepts; k++) {
    for (let c = 0; c < channels; c++) {
      const to = (k * channels + c) * size;
      const [real, imaginary] = [block(k, 0, c) * size, block(k, 1, c) * size];
      for (let i = 0; i < size; i++) {
        const w = i % last;
        const mirrored = w === 0 ? (rows - 1 - i / last) * last : i;
        const scale = 1 / Math.sqrt(counts[w]);
        const [a, b] = [source[real + i], source[real + mirrored]];
        const [p, q] = [source[imaginary + i], source[imaginary + mirrored]];
        re[to + i] = ((a + b) / 2) * scale;
        im[to + i] = (w === 0 ? (p - q) / 2 : p) * scale;
      }
    }
  }
  return [re, im];
}
