import { dataSourceUsage, knownDatasets } from "@saeno/datasets";
import { messageOf, type Settings } from "@saeno/experiments";
import { type Command, InvalidArgumentError, Option } from "commander";
import { backendChoices } from "./start-backend.ts";

/**
 * The settings of a run as flags, the same names as in config.json. Values are checked by the config's schema.
 *
 * @returns the settings that were given; commander's defaults must not win over a config file.
 */
export function trainingOptions(command: Command): () => Settings {
  const others = command.options.length;
  const defaults = (text: string) => `(default: ${text})`;
  command
    .optionsGroup("Data:")
    .option("--data <source>", `${knownDatasets().map(dataSourceUsage).join(", ")}; for the dots see below`)
    .option(
      "--test-data <source>",
      "held-out samples from elsewhere; repeated for the same samples on other grids",
      sources,
    )
    .option("--limit <n>", "train on the first n samples", whole)
    .option("--test <n>", `hold out the last n samples ${defaults("what --limit leaves, else a tenth")}`, whole)
    .option("--crop <n>", `images: side of a crop ${defaults("64")}`, whole)
    .option("--color", "images: keep three channels instead of gray")
    .option("--no-whiten", "images: leave the spectrum as it is")
    .optionsGroup("Model:")
    .addOption(new Option("--model <kind>", `fno, cnn or mlp ${defaults("fno")}`).choices(["fno", "cnn", "mlp"]))
    .option("--concepts <n>", `concepts in the dictionary ${defaults("64")}`, whole)
    .option(
      "--modes <n>",
      `fno: frequencies kept on each axis, n or n1xn2 ${defaults("what the grid holds, at most 32 unless --start-noise is given")}`,
      sizes,
    )
    .option("--kernel <n>", `cnn: points of a kernel on each axis, odd ${defaults("7")}`, sizes)
    .addOption(
      new Option("--padding <kind>", `cnn: what lies beyond the border ${defaults("circular")}`).choices([
        "circular",
        "zero",
      ]),
    )
    .option("--active <n>", `concepts active in a sample ${defaults("8")}`, whole)
    .option("--density <share>", `share of the domain where an active concept is ${defaults("0.04")}`, decimal)
    .option("--count <n>", "points where an active concept is, whatever the grid (instead of --density)", whole)
    .addOption(
      new Option("--energy <kind>", `what makes a concept active ${defaults("kept")}`).choices([
        "kept",
        "rectified",
        "preactivation",
      ]),
    )
    .option("--energy-grid <g>", `where energies are measured: g times the modes, or data ${defaults("1")}`, energyGrid)
    .addOption(
      new Option("--start <kind>", `fno: how concepts start ${defaults("localized")}`).choices(["localized", "global"]),
    )
    .option(
      "--start-noise <share>",
      "sparse-functions, sparse-vectors: start at the dictionary that made the data, plus noise of this share of each atom's norm",
      decimal,
    )
    .option(
      "--activation <name>",
      `topk, batchtopk, relu, jumprelu, hard-threshold, soft-threshold, spade, map-sparsity, a plugin's name, or its config as JSON ${defaults("top-k of the model's kind")}`,
      nameOrJson,
    )
    .option(
      "--threshold <t>",
      "what a threshold is, or starts at where it is learned, in units of the pre-codes",
      decimal,
    )
    .option("--bandwidth <w>", "learned thresholds: width of the kernel that gives them a gradient", decimal)
    .option("--one-sided", "hard-threshold: only codes above the threshold, none below its negative")
    .addOption(
      new Option("--concept-rule <rule>", `maps: how active concepts are chosen ${defaults("topk")}`).choices(rules),
    )
    .addOption(
      new Option("--domain-rule <rule>", `maps: how active points are chosen ${defaults("topk")}`).choices(rules),
    )
    .optionsGroup("Encoder:")
    .option("--encoder <kind>", `shallow, unrolled, matching-pursuit or a plugin's ${defaults("shallow")}`, nameOrJson)
    .option("--tied", "encode with the dictionary itself (unrolled encoders and pursuits always do)")
    .option("--iterations <n>", `unrolled: steps ${defaults("10")}; matching-pursuit: concepts taken`, whole)
    .option("--step-size <a>", `unrolled: a number, or power for 1 / largest eigenvalue ${defaults("power")}`, stepSize)
    .option("--learn-step-size", "unrolled: train the step size")
    .option("--momentum", "unrolled: Nesterov's momentum; with soft-threshold, FISTA")
    .addOption(
      new Option("--gradient <kind>", `unrolled: ${defaults("backpropagation")}`).choices([
        "backpropagation",
        "analytic",
      ]),
    )
    .optionsGroup("Lifting:")
    .option("--lifting <n>", "run the autoencoder on n channels that the data is lifted to", whole)
    .addOption(
      new Option("--lifting-start <kind>", `of the lifting matrix ${defaults("orthogonal")}`).choices([
        "orthogonal",
        "gaussian",
      ]),
    )
    .option("--no-lifting-tied", "project by a matrix of its own instead of the transpose")
    .option("--no-lifting-learned", "hold the lifting fixed")
    .addOption(
      new Option(
        "--residual <space>",
        `unrolled: where the residual of a lifted model is taken ${defaults("lifted")}`,
      ).choices(["lifted", "data"]),
    )
    .optionsGroup("Training:")
    .option("--steps <n>", `steps ${defaults("250")}`, whole)
    .option("--batch <n>", `samples in a step ${defaults("48")}`, whole)
    .option(
      "--lr <rate>",
      `learning rate ${defaults("0.02; 0.005 for mlp and for encoders other than shallow")}`,
      decimal,
    )
    .addOption(
      new Option("--schedule <kind>", `of the learning rate ${defaults("linear")}`).choices([
        "constant",
        "linear",
        "cosine",
      ]),
    )
    .option("--warmup <n>", `steps of warm-up ${defaults("0")}`, whole)
    .addOption(new Option("--optimizer <kind>", `${defaults("adam")}`).choices(["adam", "sgd"]))
    .addOption(
      new Option(
        "--normalize <kind>",
        `inputs: take off the mean; divide by one scale; or by one a channel ${defaults("none")}`,
      ).choices(["none", "mean", "scale", "channel"]),
    )
    .option("--l1 <weight>", `penalty on the size of codes; maps: group lasso ${defaults("0")}`, decimal)
    .option("--l0 <weight>", `penalty on the number of codes, for learned thresholds ${defaults("0")}`, decimal)
    .option(
      "--auxiliary <weight>",
      `AuxK: dead concepts learn from what is left; 0 for off ${defaults("where top-k is used 1, mlp 1/32")}`,
      decimal,
    )
    .option(
      "--dead-after <n>",
      `samples without use after which a concept is dead ${defaults("300, at least six batches")}`,
      whole,
    )
    .option("--resample <n>", `give dead concepts a new start every n steps ${defaults("0, never")}`, whole)
    .addOption(
      new Option("--balance [rate]", `favor concepts that are hardly used; the rate, if not 0.2 ${defaults("0, off")}`)
        .preset("0.2")
        .argParser(decimal),
    )
    .option("--no-unit-atoms", "let atoms have any norm")
    .addOption(
      new Option(
        "--decoder-bias <start>",
        `mean of the first batch, zero, or none: zero and not trained ${defaults("mean, of maps zero")}`,
      ).choices(["mean", "zero", "none"]),
    )
    .option(
      "--recovery-every <n>",
      `known dictionaries: measure the recovery error every n steps ${defaults("a twentieth of the run; of functions without --start-noise, at its end")}`,
      whole,
    )
    .option("--seed <n>", `of generated data, the start and the order of samples ${defaults("0")}`, whole)
    .option("--backend <name>", `${backendChoices} ${defaults("auto")}`)
    .optionsGroup("Options:");
  const names = command.options.slice(others).map((option) => option.attributeName());
  return () => {
    const given = names.filter((name) => command.getOptionValueSource(name) === "cli");
    return Object.fromEntries(given.map((name) => [name, command.getOptionValue(name)]));
  };
}

function sources(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

const rules = ["topk", "batch", "threshold"];

function nameOrJson(text: string): unknown {
  if (!text.trimStart().startsWith("{")) return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`Give a name, or valid JSON: ${messageOf(error)}`);
  }
}

function stepSize(text: string): number | "power" {
  return text === "power" ? "power" : decimal(text);
}

export function whole(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError("Give a whole number.");
  return value;
}

export function positiveWhole(text: string): number {
  const value = whole(text);
  if (value < 1) throw new InvalidArgumentError("Give a whole number of at least 1.");
  return value;
}

function decimal(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("Give a number.");
  return value;
}

export function positive(text: string): number {
  const value = decimal(text);
  if (value <= 0) throw new InvalidArgumentError("Give a number above 0.");
  return value;
}

function sizes(text: string): number[] {
  return text.split("x").map(whole);
}

function energyGrid(text: string): number | "data" {
  return text === "data" ? "data" : decimal(text);
}
