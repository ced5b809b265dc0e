import { add, concat, mul, reshape, slice, square, sub, sum, type Tensor, tensor, zeros } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { jointly } from "../jointly.ts";
import { conjugateCounts, type Modes, sizeOf, spectrumShape } from "../spectrum.ts";

/**
 * How far atoms spread from the origin (specification: Training, locality): `E_k = mean_u w(u) sum_c d_k(u, c)^2`, `w(u) = sum_j sin^2(pi u_j)`.
 * As `sin^2(pi u) = (1 - cos 2 pi u) / 2`, it is a quarter of the squared differences of neighboring coefficients, over all integer
 * frequencies, coefficients being zero beyond the kept ones. Nothing is synthesized.
 *
 * re, im `[K, C, M]` of real functions (as `spectralWeights` makes them) to energies `[K]`. Of the stored half-space, differences along the
 * last axis count twice; those along others `c(w)` times.
 * Cost: `6 d` operations a coefficient and 8 bytes.
 */
export const spectralLocality: Contract<"re" | "im", "energies", { readonly modes: Modes }> = defineContract({
  name: "SaenoSpectralLocality",
  inputs: ["re", "im"],
  outputs: ["energies"],
  composite({ re, im }, { modes }) {
    const concepts = re.shape[0];
    const terms = [re, im].flatMap((part) =>
      modes.map((_, axis) => {
        const { steps, weights } = neighbors(part, modes, axis);
        return sum(reshape(mul(square(steps), weights), [concepts, -1]), 1);
      }),
    );
    return {
      energies: mul(
        terms.reduce<Tensor>((total, term) => add(total, term), zeros([concepts])),
        0.25,
      ),
    };
  },
  gradient: {
    saves: ["re", "im"],
    backward({ energies }, { re, im }, { modes }) {
      return jointly(["re", "im"], () => spectralLocalityGradient({ re, im, upstream: energies }, { modes }));
    },
  },
});

/**
 * Its gradient times an upstream number for each concept: second differences of the coefficients. re, im `[K, C, M]`, upstream `[K]` to
 * re, im `[K, C, M]`. Part of a backward pass: no gradient.
 * Cost: `6 d` operations a coefficient and 16 bytes.
 */
export const spectralLocalityGradient: Contract<"re" | "im" | "upstream", "re" | "im", { readonly modes: Modes }> =
  defineContract({
    name: "SaenoSpectralLocalityGradient",
    inputs: ["re", "im", "upstream"],
    outputs: ["re", "im"],
    composite({ re, im, upstream }, { modes }) {
      const factors = mul(reshape(upstream, [-1, 1, 1]), 0.5);
      const of = (part: Tensor) => {
        const terms = modes.map((_, axis) => {
          const { steps, weights } = neighbors(part, modes, axis);
          return reshape(mul(differences(steps), mul(weights, -1)), part.shape);
        });
        return mul(
          terms.reduce((total, term) => add(total, term)),
          factors,
        );
      };
      return { re: of(re), im: of(im) };
    },
  });

/**
 * The steps from each coefficient of an axis to the next, `[.., n + 1, .., m_d]`, from and to the zeros around them, and how often each
 * counts. The step to the frequency 0 of the last axis is that of the half-space that is not stored: here none.
 */
function neighbors(part: Tensor, modes: Modes, axis: number): { steps: Tensor; weights: Tensor } {
  const shape = spectrumShape(modes);
  const isLast = axis === modes.length - 1;
  const after = sizeOf(shape.slice(axis + 1, -1));
  const x = reshape(part, isLast ? [-1, shape[axis], 1, 1] : [-1, shape[axis], after, shape[shape.length - 1]]);
  const edge = slice(x, [0, 0, 0, 0], [-1, 1, -1, -1]);
  const nothing = mul(edge, 0);
  return {
    steps: differences(concat([isLast ? edge : nothing, x, nothing], 1)),
    weights: isLast ? tensor([2]) : tensor(conjugateCounts(modes)),
  };
}

/** `x[i + 1] - x[i]` along the second axis. */
function differences(x: Tensor): Tensor {
  const count = x.shape[1] as number;
  const from = (begin: number) => slice(x, [0, begin, 0, 0], [-1, count - 1, -1, -1]);
  return sub(from(1), from(0));
}
