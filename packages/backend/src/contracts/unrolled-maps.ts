import { customGrad, engine, reshape, scalar, type Tensor } from "@tensorflow/tfjs-core";
import type { Tensors } from "../contract.ts";
import { detach } from "../detach.ts";
import { sizeOf, spectrumShape } from "../spectrum.ts";
import { synthesizeFunctions, synthesizeFunctionsGradient } from "./functions.ts";
import { spectralMatMul } from "./spectral-mat-mul.ts";
import { truncatedAnalysis } from "./truncated-transforms.ts";
import { unrolledMapsGradient } from "./unrolled-maps-gradient.ts";
import { type UnrolledMapsAttributes, type UnrolledMapsInput, unrolledMapsTrace } from "./unrolled-maps-trace.ts";
import { throughCodes, unrolledSynthesisGradient } from "./unrolled-synthesis-gradient.ts";

/** Both are differentiable. */
export interface UnrolledMapsResult {
  /** `z_T [B, K, |N|]`. */
  readonly codes: Tensor;
  /** What they synthesize, and a number added to each channel: shift `[C]` to `D z_T + shift`, `[B, ...N, C]`. Call it where the codes were made. */
  synthesis(shift: Tensor): Tensor;
}

/** The gradients that reach codes and the spectrum of their synthesis in a backward pass, and A z_T of the latter. */
type Upstream = Partial<Record<"codes" | "re" | "im" | "zRe" | "zIm", Tensor>>;

/** How the function that a custom gradient is made of keeps tensors for it: tfjs's types know only tensors, and this is the last argument. */
type Save = (tensors: Tensor[]) => void;

const inputNames = ["xRe", "xIm", "dRe", "dIm", "stepSize"] as const;

/**
 * Codes by unrolled thresholding with a fourier dictionary (specification: Dictionaries, Encoders): xRe, xIm the spectrum of x `[B, C, M]`, dRe, dIm the weights
 * `D(w)` `[K, C, M]`, stepSize `[]` to codes `[B, K, |N|]`, `z_0 = 0`, `z_(t+1) = sigma(z_t + stepSize D* (x - D z_t))`, and what they synthesize. The
 * gradient goes back through all T steps, to all five inputs. Three contracts in one: {@link unrolledMapsTrace} forward; backward
 * {@link unrolledSynthesisGradient} where the loss asks for the synthesis alone, otherwise {@link unrolledMapsGradient}. What the first saves for them
 * (8 T B (C + K) M bytes) never becomes an output, to which tfjs would send gradients of zeros. Run inside a `tidy`.
 *
 * @throws SaenoError `data.nan` when a pre-activation is NaN.
 */
export function unrolledMaps(
  inputs: Tensors<UnrolledMapsInput>,
  attributes: UnrolledMapsAttributes,
): UnrolledMapsResult {
  // Of steps that nobody goes back through nothing is kept.
  const { codes, ...trace } = unrolledMapsTrace(inputs, { ...attributes, traced: engine().state.gradientDepth > 0 });
  const upstream: Upstream = {};
  const names = [...inputNames, "codes", ...Object.keys(trace)] as (UnrolledMapsInput | "codes" | keyof typeof trace)[];

  // Codes and synthesis hang on a number, whose gradient function comes after theirs and knows which of them the loss depends on.
  const root = customGrad((...given) => {
    const all = { ...inputs, codes, ...trace };
    (given.at(-1) as unknown as Save)(names.map((name) => all[name]));
    return {
      value: scalar(0),
      gradFunc(_, saved) {
        const gradients = goBack(upstream, named(names, saved as unknown as Tensor[]), attributes);
        return inputNames.map((name) => gradients[name]);
      },
    };
  })(...inputNames.map((name) => inputs[name]));

  const ofCodes = customGrad(() => ({
    value: codes.clone(),
    gradFunc(dy) {
      upstream.codes = dy;
      return scalar(0);
    },
  }));

  function synthesis(shift: Tensor): Tensor {
    const { grid, modes } = attributes;
    const [batch, concepts] = codes.shape as [number, number];
    const { re, im } = truncatedAnalysis({ x: reshape(codes, [batch * concepts, ...grid]) }, { modes });
    const shape = [batch, concepts, sizeOf(spectrumShape(modes))];
    const [zRe, zIm] = [reshape(re, shape), reshape(im, shape)];
    const d = { bRe: detach(inputs.dRe), bIm: detach(inputs.dIm) };
    const spectrum = spectralMatMul({ aRe: zRe, aIm: zIm, ...d }, { adjoint: "none" });
    return customGrad((...given) => {
      (given.at(-1) as unknown as Save)([zRe, zIm]);
      return {
        value: synthesizeFunctions({ ...spectrum, shift }, { grid, modes }).x,
        gradFunc(dy, saved) {
          const gradients = synthesizeFunctionsGradient({ x: dy }, { modes });
          Object.assign(upstream, gradients, named(["zRe", "zIm"], saved as unknown as Tensor[]));
          return [scalar(0), gradients.shift];
        },
      };
    })(root, shift);
  }

  return { codes: ofCodes(root), synthesis };
}

function goBack(
  { codes, re, im, zRe, zIm }: Upstream,
  kept: Omit<Parameters<typeof unrolledMapsGradient>[0], "upstream">,
  attributes: UnrolledMapsAttributes,
): Record<UnrolledMapsInput, Tensor> {
  if (re === undefined || im === undefined || zRe === undefined || zIm === undefined) {
    return unrolledMapsGradient({ upstream: codes as Tensor, ...kept }, attributes);
  }
  const given = { ...kept, upstreamRe: re, upstreamIm: im, zRe, zIm };
  return codes === undefined ? unrolledSynthesisGradient(given, attributes) : throughCodes(given, attributes, codes);
}

function named<Name extends string>(names: readonly Name[], tensors: readonly Tensor[]): Record<Name, Tensor> {
  return Object.fromEntries(names.map((name, i) => [name, tensors[i]])) as Record<Name, Tensor>;
}
