import { type Codes, densePreCodes, mapSparsity, toDense, topK } from "@saeno/activations";
import {
  expectClose,
  expectGradient,
  expectNoLeaks,
  expectSame,
  expectThat,
  type TestFunction,
} from "@saeno/activations/testing";
import { createRandom, type Grid, sizeOf } from "@saeno/backend";
import {
  add,
  div,
  eye,
  gather,
  mul,
  oneHot,
  reshape,
  type Scalar,
  sqrt,
  square,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor,
  tensor1d,
  tidy,
} from "@tensorflow/tfjs-core";
import { dictionaryFromConfig } from "../components.ts";
import type { Dictionary } from "../dictionary.ts";
import { chosenCodes } from "../dictionary-component.ts";
import { mapLastAxis } from "../rows.ts";

export interface TestDictionaryOptions {
  readonly test: TestFunction;
  /** The dictionary, of at least four concepts; its component is registered. */
  readonly make: () => Dictionary;
  /** A grid of samples that atoms are smooth on; `[]` for vectors. */
  readonly grid: Grid;
  /** How far atoms that were assigned may be from the functions, as a share of the largest value. Default 0.001. */
  readonly assignTolerance?: number;
}

/** What every dictionary has in common, as tests. */
export function testDictionary({ test, make, grid, assignTolerance = 1e-3 }: TestDictionaryOptions): void {
  const batch = 3;
  const normals = (shape: readonly number[], seed: number) =>
    tensor(createRandom(seed).normals(sizeOf(shape)), [...shape]);
  const mapGrid = ({ codes }: Dictionary) => (codes === "maps" ? grid : []);
  const codesOf = (dictionary: Dictionary, seed: number) =>
    normals([batch, ...mapGrid(dictionary), dictionary.conceptCount], seed);
  const samplesOf = ({ channels }: Dictionary, seed: number) =>
    normals(grid.length === 0 ? [batch, channels] : [batch, ...grid, channels], seed);
  const dense = (values: Tensor): Codes => ({ kind: "dense", values });

  /** A test on a dictionary, in a `tidy`. */
  function on(name: string, run: (dictionary: Dictionary) => void): void {
    test(name, () => {
      const dictionary = make();
      try {
        tidy(() => run(dictionary));
      } finally {
        dictionary.dispose();
      }
    });
  }

  on("correlation is the adjoint of synthesis: <D z, x> = <z, D* x>", (dictionary) => {
    const [z, x] = [codesOf(dictionary, 5), samplesOf(dictionary, 6)];
    // Inner products of functions with numbers for codes are those of L2, means over the grid.
    const points = dictionary.codes === "scalar" ? sizeOf(grid) : 1;
    const left = div(sum(mul(dictionary.synthesize(dense(z), grid), x)), points);
    const product = mul(z, dictionary.correlate(x));
    const size = sum(sqrt(square(product)));
    expectClose("<D z, x>, with <z, D* x>", add(left, size), add(sum(product), size));
  });

  on("sparse codes synthesize what the same codes do as a tensor", (dictionary) => {
    const activation =
      dictionary.codes === "scalar" ? topK({ k: 2 }) : mapSparsity({ concepts: 2, domain: { density: 0.3 } });
    const codes = activation.apply(densePreCodes(codesOf(dictionary, 8)));
    expectClose("Synthesis", dictionary.synthesize(codes, grid), dictionary.synthesize(dense(toDense(codes)), grid));
  });

  on("whatever is asked of pre-codes agrees with all of them, which are D* x and the bias", (dictionary) => {
    const x = samplesOf(dictionary, 6);
    const bias = normals([dictionary.conceptCount], 2) as Tensor1D;
    const preCodes = dictionary.preCodes(x, bias);
    const all = preCodes.dense();
    expectClose("Pre-codes", all, reshape(add(dictionary.correlate(x), bias), all.shape));
    const reference = densePreCodes(all);
    const points = sizeOf(preCodes.grid);
    const count = Math.min(3, points);
    for (const kind of ["rectified", "preactivation", "kept"] as const) {
      const options = { kind, energyGrid: "data", count } as const;
      expectClose(`${kind} energies`, preCodes.energies(options), reference.energies(options), 1e-3);
    }
    const chosen = Array.from(
      { length: preCodes.batch },
      (_, i) =>
        [
          [0, 2],
          [1, 3],
          [0, 1],
        ][i % 3],
    );
    const concepts = tensor(chosen, [preCodes.batch, 2], "int32") as Tensor2D;
    expectClose("Selected maps", preCodes.select(concepts), reference.select(concepts));
    const [own, expected] = [preCodes.points(concepts, count), reference.points(concepts, count)];
    expectClose("The largest points", own.values, expected.values);
    expectClose("Their positions", own.positions, expected.positions, 0);
    const separation = preCodes.grid.map(() => 1);
    const [apart, known] = [preCodes, reference].map((each) => each.points(concepts, count, separation));
    expectClose("The largest points that are apart", apart.values, known.values);
    expectClose("The positions of those", apart.positions, known.positions, 0);
    expectClose("Values at points", preCodes.at(concepts, own.positions), reference.at(concepts, own.positions));
    expectThat(
      preCodes.largest === undefined || chosenCodes(dictionary) === "scalar",
      () => "Only scalar codes have largest ones.",
    );
    const few = preCodes.largest?.(3);
    const usual = reference.largest?.(3);
    if (few === undefined || usual === undefined) return;
    expectClose("The largest codes", few.values, usual.values);
    expectClose("Their concepts", few.concepts, usual.concepts, 0);
  });

  on("gradients to its parameters are slopes", (dictionary) => {
    const [z, x, upstream] = [codesOf(dictionary, 5), samplesOf(dictionary, 6), codesOf(dictionary, 7)];
    for (const { name, variable } of dictionary.parameters) {
      const f = () =>
        add(sum(mul(dictionary.synthesize(dense(z), grid), x)), sum(mul(dictionary.correlate(x), upstream))) as Scalar;
      expectGradient(name, f, variable);
    }
  });

  on("atoms are what a single code synthesizes, in the middle of a grid or wherever they are", (dictionary) => {
    const { conceptCount } = dictionary;
    const hot = eye(conceptCount);
    const middle = grid.reduce((flat, points) => flat * points + (points >> 1), 0);
    /** Of each concept a map that is 1 in the middle. */
    const maps = () => {
      const place = reshape(oneHot(tensor1d([middle], "int32"), sizeOf(grid)), [1, -1, 1]);
      const shape = [conceptCount, ...grid, conceptCount];
      return reshape(mul(place, reshape(hot, [conceptCount, 1, conceptCount])), shape);
    };
    const made = dictionary.synthesize(dense(dictionary.codes === "maps" ? maps() : hot), grid);
    const atoms = grid.length === 0 ? dictionary.atoms() : dictionary.atoms({ grid, origin: "center" });
    // Up to one factor for all: a single point is a smaller part of a finer grid.
    expectClose("Atoms", unit(made), unit(atoms), 1e-3);
  });

  on(
    "locality is the mean of w(u) |d(u)|^2 on a grid, as a share of the squared norm, and its gradients are slopes",
    (dictionary) => {
      const { conceptCount, parameters } = dictionary;
      if (dictionary.locality === undefined) return;
      // Fine enough that the mean of a product is that of the functions.
      const fine = grid.map((points) => 2 * points);
      const powers = reshape(sum(square(dictionary.atoms({ grid: fine, origin: "corner" })), -1), [conceptCount, -1]);
      const expected = div(sum(mul(powers, distanceWeights(fine)), 1), sum(powers, 1));
      dictionary.scale(0.5);
      expectClose("Locality", dictionary.locality(fine), mul(expected, dictionary.squaredNorms()), 1e-3);
      const upstream = normals([conceptCount], 4);
      for (const { name, variable } of parameters) {
        expectGradient(name, () => sum(mul(dictionary.locality?.(grid) ?? 0, upstream)) as Scalar, variable);
      }
    },
  );

  on("normalize brings every atom to unit norm, scale multiplies it", (dictionary) => {
    dictionary.scale(3);
    expectClose("Squared norms", dictionary.squaredNorms(), mul(ones(dictionary), 9), 1e-3);
    dictionary.normalize();
    expectClose("Squared norms", dictionary.squaredNorms(), ones(dictionary), 1e-3);
  });

  on("assigned functions come back as atoms, of the norm that was asked for", (dictionary) => {
    const how = grid.length === 0 ? {} : ({ grid, origin: "corner" } as const);
    const other = make();
    const functions = dictionary.atoms(how);
    const close = (what: string, expected: Tensor) => expectClose(what, other.atoms(how), expected, assignTolerance);
    other.scale(0.5);
    other.assign(functions);
    close("All of them", functions);
    other.assign(mul(functions, 2), { norm: "given" });
    close("At their own norm", mul(functions, 2));
    const kept = [0, 1, ...Array.from({ length: dictionary.conceptCount - 2 }, (_, k) => k + 2)];
    const order = tensor1d([1, 0, ...kept.slice(2)], "int32");
    other.assign(gather(functions, tensor1d([1, 0], "int32")), { concepts: [0, 1], norm: { kept: 1 } });
    close("Two of them at the norm that was there", mul(gather(functions, order), 2));
    other.dispose();
  });

  on("a matrix on the channels is one on the channels of the atoms", (dictionary) => {
    const { channels } = dictionary;
    const matrix = normals([channels, channels], 9) as Tensor2D;
    const before = dictionary.atoms();
    if (dictionary.mapChannels === undefined) return;
    dictionary.mapChannels(matrix);
    expectClose("Atoms", dictionary.atoms(), mapLastAxis(before, matrix), 1e-3);
  });

  on("a copy is equal and independent, and its config makes one of the same form", (dictionary) => {
    const copy = dictionary.copy();
    const before = copy.atoms();
    expectClose("Atoms of the copy", before, dictionary.atoms(), 0);
    dictionary.scale(2);
    expectClose("Atoms of the copy, the other scaled", copy.atoms(), before, 0);
    copy.dispose();
    const again = dictionaryFromConfig(dictionary.toConfig(), { random: createRandom(0) });
    const [form, found] = [dictionary, again].map(({ conceptCount, parameters, toConfig }) => ({
      config: toConfig(),
      conceptCount,
      shapes: parameters.map(({ variable }) => variable.shape),
    }));
    again.dispose();
    expectSame("The form", found, form);
  });

  test("nothing is left behind", () => {
    const x = tidy(() => samplesOf(make(), 1));
    expectNoLeaks("A dictionary that is used and disposed", () => {
      const dictionary = make();
      dictionary.checkGrid(grid);
      const copy = dictionary.copy();
      const codes = dictionary.correlate(x);
      const atoms = dictionary.atoms(grid.length === 0 ? {} : { grid, origin: "corner" });
      const results = [codes, atoms, dictionary.synthesize(dense(codes), grid), dictionary.squaredNorms()];
      dictionary.normalize();
      dictionary.scale(2);
      dictionary.assign(atoms);
      for (const result of results) result.dispose();
      copy.dispose();
      dictionary.dispose();
    });
    x.dispose();
  });
}

function ones({ conceptCount }: Dictionary): Tensor {
  return tensor1d(new Float32Array(conceptCount).fill(1));
}

function unit(x: Tensor): Tensor {
  return div(x, sqrt(sum(square(x))));
}

/** `w(u) = sum_j sin^2(pi u_j)` at the points of a grid, flat. */
function distanceWeights(grid: Grid): Tensor1D {
  const weights = Float32Array.from({ length: sizeOf(grid) }, (_, point) =>
    grid.reduce((total, size, axis) => {
      const place = Math.floor(point / sizeOf(grid.slice(axis + 1))) % size;
      return total + Math.sin((Math.PI * place) / size) ** 2;
    }, 0),
  );
  return tensor1d(weights);
}
