import { type Command, InvalidArgumentError, Option } from "commander";
import { dataKinds } from "./data-source.ts";

/** The settings of a run as flags, the same names as in config.json. Values are checked by the config's schema. */
export function trainingOptions(command: Command): void {
  const defaults = (text: string) => `(default: ${text})`;
  command
    .optionsGroup("Data:")
    .option("--data <source>", `${dataKinds.join(", ")}`)
    .option("--limit <n>", "train on the first n samples", whole)
    .option("--test <n>", `hold out the last n samples ${defaults("what --limit leaves, else a tenth")}`, whole)
    .option("--crop <n>", `images: side of a crop ${defaults("64")}`, whole)
    .option("--colour", "images: keep three channels instead of grey")
    .option("--no-whiten", "images: leave the spectrum as it is")
    .optionsGroup("Model:")
    .addOption(new Option("--model <kind>", `fno, cnn or mlp ${defaults("fno")}`).choices(["fno", "cnn", "mlp"]))
    .option("--concepts <n>", `concepts in the dictionary ${defaults("64")}`, whole)
    .option(
      "--modes <n>",
      `fno: frequencies kept on each axis, n or n1xn2 ${defaults("what the grid holds, at most 14")}`,
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
      new Option("--energy <kind>", `what makes a concept active ${defaults("rectified")}`).choices([
        "rectified",
        "preactivation",
        "kept",
      ]),
    )
    .option("--energy-grid <g>", `where energies are measured: g times the modes, or data ${defaults("1")}`, energyGrid)
    .addOption(
      new Option("--start <kind>", `fno: how concepts start ${defaults("localised")}`).choices(["localised", "global"]),
    )
    .option("--tied", "encode with the dictionary itself")
    .optionsGroup("Training:")
    .option("--steps <n>", `steps ${defaults("250")}`, whole)
    .option("--batch <n>", `samples in a step ${defaults("48")}`, whole)
    .option("--lr <rate>", `learning rate ${defaults("0.005")}`, decimal)
    .addOption(
      new Option("--schedule <kind>", `of the learning rate ${defaults("linear")}`).choices([
        "constant",
        "linear",
        "cosine",
      ]),
    )
    .option("--warmup <n>", `steps of warm-up ${defaults("0")}`, whole)
    .addOption(new Option("--optimizer <kind>", `${defaults("adam")}`).choices(["adam", "sgd"]))
    .option("--seed <n>", `of the start and of the order of samples ${defaults("0")}`, whole)
    .option("--backend <name>", `auto, wasm or cpu ${defaults("auto")}`)
    .optionsGroup("Options:");
}

export function whole(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError("Give a whole number.");
  return value;
}

function decimal(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("Give a number.");
  return value;
}

function sizes(text: string): number[] {
  return text.split("x").map(whole);
}

function energyGrid(text: string): number | "data" {
  return text === "data" ? "data" : decimal(text);
}
