import { createRandom, type Grid, sizeOf, tidied, trainable } from "@saeno/backend";
import { concat, mul, type Scalar, slice, sum, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import type { Activation } from "../activation.ts";
import { activationFromConfig } from "../activation-components.ts";
import { type Codes, disposeCodes, toDense } from "../codes.ts";
import { densePreCodes } from "../pre-codes.ts";
import { expectGradient } from "./expect-gradient.ts";
import { expectClose, expectNoLeaks, expectSame, expectThat, type TestFunction } from "./expectations.ts";

export interface TestActivationOptions {
  readonly test: TestFunction;
  /** The activation, of {@link TestActivationOptions.conceptCount} concepts; its component is registered. */
  readonly make: () => Activation;
  /** Default 6. */
  readonly conceptCount?: number;
  /** Grids of maps, and `[]` for scalar codes; default one of each. */
  readonly grids?: readonly Grid[];
}

/** What every activation has in common, as tests. */
export function testActivation({ test, make, conceptCount = 6, grids = [[], [5, 4]] }: TestActivationOptions): void {
  test("is made again by its config", () => {
    const activation = make();
    const config = activation.toConfig();
    const again = activationFromConfig(config, { conceptCount });
    expectThat(config.kind === activation.kind, () => `The config of "${activation.kind}" says "${config.kind}".`);
    expectSame("The config", again.toConfig(), config);
    activation.dispose?.();
    again.dispose?.();
  });

  test("disposes what it holds", () => {
    expectNoLeaks("An activation that is disposed", () => make().dispose?.());
  });

  for (const grid of grids) {
    const where = grid.length === 0 ? "scalar codes" : `maps on ${grid.join(" x ")}`;
    const shape = [3, ...grid, conceptCount];
    const normals = (seed: number) => tensor(createRandom(seed).normals(sizeOf(shape)), shape);

    test(`${where}: codes are of the shape of pre-codes, well formed, and leave nothing behind`, () => {
      const activation = make();
      const u = normals(1);
      for (const training of [false, true]) {
        expectNoLeaks(`apply with training: ${training}`, () => {
          const codes = tidied(() => activation.apply(densePreCodes(u), { training }));
          expectWellFormed(codes, shape);
          disposeCodes(codes);
        });
      }
      u.dispose();
      activation.dispose?.();
    });

    test(`${where}: after training a sample's codes do not depend on the batch it is in`, () => {
      const activation = make();
      tidy(() => {
        const u = normals(2);
        const whole = toDense(activation.apply(densePreCodes(u)));
        const parts = [0, 1, 2].map((sample) => {
          const one = slice(u, [sample], [1]);
          return toDense(activation.apply(densePreCodes(one)));
        });
        expectClose("Codes one by one", concat(parts), whole);
      });
      activation.dispose?.();
    });

    test(`${where}: the gradient to pre-codes is the slope`, () => {
      const activation = make();
      const upstream = normals(4);
      const failures = [3, 5, 6].flatMap((seed) => {
        const u = tidy(() => trainable(normals(seed)));
        const f = () => sum(mul(toDense(activation.apply(densePreCodes(u))), upstream)) as Scalar;
        try {
          expectGradient("Pre-codes", f, u, 2e-4);
          return [];
        } catch (error) {
          return [error];
        } finally {
          u.dispose();
        }
      });
      upstream.dispose();
      activation.dispose?.();
      // A difference may reach over a jump, once.
      if (failures.length > 1) throw failures[0];
    });
  }
}

function expectWellFormed(codes: Codes, shape: readonly number[]): void {
  if (codes.kind === "sparse") {
    const { concepts, positions, values, grid, conceptCount } = codes;
    const places = [...grid, conceptCount].join();
    expectThat(places === shape.slice(1).join(), () => `Codes are of [${places}], not [${shape.slice(1).join()}].`);
    expectThat(concepts.dtype === "int32" && positions.dtype === "int32", () => "Places of sparse codes are int32.");
    expectThat(values.shape.join() === positions.shape.join(), () => "There is one position for each value.");
    expectThat(isAscending(concepts, conceptCount), () => "Concepts of a sample must ascend, within those there are.");
    expectThat(isAscending(positions, sizeOf(grid)), () => "Positions in a map must ascend, within its points.");
  }
  const dense = toDense(codes);
  expectThat(dense.shape.join() === shape.join(), () => `Codes are [${dense.shape.join()}], not [${shape.join()}].`);
  const whole = dense.dataSync().every(Number.isFinite);
  expectThat(whole, () => "Codes of finite pre-codes must be finite.");
  dense.dispose();
}

/** Whether every row (last axis) of places below a count ascends strictly. */
function isAscending(places: Tensor, count: number): boolean {
  const width = places.shape[places.rank - 1];
  return places
    .dataSync()
    .every((place, i, all) => place >= 0 && place < count && (i % width === 0 || place > all[i - 1]));
}
