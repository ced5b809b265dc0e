import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, SaenoError } from "@saeno/backend";
import { concatenate } from "@saeno/datasets";
import { nodeFiles, readBytes } from "@saeno/datasets/node";
import { gridName } from "@saeno/experiments";
import { writeWhole } from "@saeno/experiments/node";
import {
  type HarvestStore,
  harvest,
  inputOptions,
  type NetworkLayer,
  openNetwork,
  openNetworkImages,
} from "@saeno/networks";
import { type Command, Option } from "commander";
import { positiveWhole, whole } from "../flags/numbers.ts";
import { dataSource, filePath } from "../flags/paths.ts";
import { createOutput } from "../terminal/output.ts";
import { backendChoices, sayBackend } from "../terminal/start-backend.ts";
import { textTable } from "../terminal/text-table.ts";
import { circuitCommand } from "./network-circuit.ts";

/** What a network is given, as flags. */
interface InputFlags {
  readonly size?: string;
  readonly range: "0..1" | "0..255" | "-1..1";
  readonly mean?: string;
  readonly deviation?: string;
  readonly inputLayout?: "channels-last" | "channels-first";
  readonly backend: string;
  readonly json?: boolean;
}

/** `saeno network`: the layers of a network, and their maps as data. */
export function networkCommand(program: Command): void {
  const network = program
    .command("network")
    .summary("the layers of a vision network, and their maps as data")
    .description(
      "Opens a vision network: a TensorFlow.js graph model, by its model.json, its folder or an address; or an ONNX file, FILE.onnx or\n" +
        "onnx:FILE, which needs npm install --ignore-scripts onnxruntime-node@1.30.0. Its activations are functions on a grid. To train\n" +
        "on them directly: saeno train --data network:NET#LAYER,images:DIR.",
    );
  infoCommand(network);
  harvestCommand(network);
  circuitCommand(network);
}

function inputFlags(command: Command, json: string): Command {
  return command
    .option("--size <points>", "size of its input images, 512 or 512x384, if not as the network declares")
    .addOption(
      new Option("--range <range>", "values of black and white in its input")
        .choices(["0..1", "0..255", "-1..1"])
        .default("0..1"),
    )
    .option("--mean <numbers>", "what to subtract from each channel, in that range: 0.485/0.456/0.406")
    .option("--deviation <numbers>", "what to divide each channel by afterward")
    .addOption(
      new Option(
        "--input-layout <layout>",
        "where it has its channels (default: as an ONNX file says, else channels-last)",
      ).choices(["channels-last", "channels-first"]),
    )
    .option("--backend <name>", backendChoices, "auto")
    .option("--json", `print ${json} as JSON on stdout`);
}

interface InfoFlags extends InputFlags {
  readonly all?: boolean;
}

function infoCommand(network: Command): void {
  const command = network
    .command("info")
    .summary("list the layers of a network")
    .description(
      "Lists the layers whose activations are maps: grid and channels, weights up to there, how many input points lie between points of the\n" +
        "map (stride), how many one of them sees (field), and whether averages over the whole image reach it, too (global).",
    )
    .argument("<net>", "a network: a model.json, its folder, an ONNX file, or an address", filePath)
    .option("--all", "also steps within a layer, such as the parts of an activation");
  inputFlags(command, "the layers").addHelpText(
    "after",
    "\nExamples:\n  saeno network info models/centernet.json\n  saeno network info models/centernet.json --size 320 --all --json\n  saeno network info resnet50.onnx",
  );
  command.action(async (net: string, flags: InfoFlags) => {
    const output = createOutput(flags);
    await sayBackend(flags.backend, output);
    const opened = await openNetwork(net, { files: nodeFiles, ...inputOptions(flags) });
    try {
      const layers = await opened.layers();
      const shown = flags.all ? layers : layers.filter(({ sensible }) => sensible);
      const { preprocessing, outputNames } = opened;
      const { size, channels, range } = preprocessing;
      const takes = `takes images of ${size === undefined ? "any size" : gridName(size)}, ${channels} channels, ${range}`;
      output.result(
        { network: net, preprocessing, outputs: outputNames, layers: shown },
        `${net} ${takes}\noutputs: ${outputNames.join(", ")}\n\n${layerTable(shown)}`,
      );
    } finally {
      opened.dispose();
    }
  });
}

function layerTable(layers: readonly NetworkLayer[]): string {
  const axes = (sizes: readonly number[] | undefined) =>
    sizes === undefined ? "" : sizes.every((size) => size === sizes[0]) ? String(sizes[0]) : sizes.join("x");
  return textTable([
    ["layer", "op", "grid", "channels", "weights", "stride", "field", "global"],
    ...layers.map(({ name, op, grid, channels, parameters, stride, receptiveField, global }) => [
      name,
      op,
      gridName(grid),
      String(channels),
      parameters === undefined ? "" : String(parameters),
      axes(stride),
      axes(receptiveField),
      global ? "yes" : "",
    ]),
  ]);
}

interface HarvestFlags extends InputFlags {
  readonly layer: string;
  readonly data: string;
  readonly out: string;
  readonly type: "f16" | "f32";
  readonly limit?: number;
  readonly test?: number;
  readonly seed: number;
  readonly shard: number;
  readonly batch: number;
}

function harvestCommand(network: Command): void {
  const command = network
    .command("harvest")
    .summary("write the maps of a layer to a store, to train on")
    .description(
      "Runs images through a network and writes the maps of a layer as safetensors, in shards of a folder that --data safetensors:STORE reads, with\n" +
        "harvest.json beside them: means and deviations of channels, and which part of which file each sample is. Samples to train on come first,\n" +
        "those held out last. Re-run the command to continue an interrupted harvest.",
    )
    .argument("<net>", "a network: a model.json, its folder, an ONNX file, or an address", filePath)
    .requiredOption("--layer <name>", "the layer; any part of its name that no other layer shares is enough")
    .requiredOption(
      "--data <source>",
      "the images, such as images:DIR: crops of the size that the network takes",
      dataSource,
    )
    .requiredOption("--out <folder>", "the store", filePath)
    .addOption(new Option("--type <type>", "type of the numbers").choices(["f16", "f32"]).default("f16"))
    .option("--limit <n>", "crops to train on", positiveWhole)
    .option("--test <n>", "crops held out", positiveWhole)
    .option("--seed <n>", "seed of the places of crops", whole, 0)
    .option("--shard <mb>", "approximate size of a shard in MB", positiveWhole, 64)
    .option("--batch <n>", "images that go through the network at a time", positiveWhole, 8);
  inputFlags(command, "what was written").addHelpText(
    "after",
    "\nExamples:\n  saeno network harvest models/centernet.json --range 0..255 --layer expanded_conv_8/add --data images:photographs --out maps\n  saeno train --data safetensors:maps --test 400 --normalize channel --lr 0.005",
  );
  command.action(async (net: string, flags: HarvestFlags) => {
    const output = createOutput(flags);
    await sayBackend(flags.backend, output);
    const { size, range, mean, deviation, inputLayout, layer: text, data, out, seed, limit, test } = flags;
    const given = { size, range, mean, deviation, inputLayout };
    const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const parts = { ...(limit === undefined ? {} : { limit }), ...(test === undefined ? {} : { test }) };
    const {
      network: opened,
      layer,
      images,
      source,
    } = await openNetworkImages(
      { kind: "network", network: `${net}#${text}`, source: data, ...options, ...parts },
      nodeFiles,
      {
        seed,
        reporter: output,
      },
    );
    try {
      const all = concatenate(images.train, images.test);
      const held = images.test.size;
      const progress = output.progress(`harvest ${layer}`, all.size);
      await mkdir(out, { recursive: true });
      const made = await harvest(opened, layer, all, folderOf(out), {
        type: flags.type === "f16" ? "F16" : "F32",
        shardBytes: flags.shard * 2 ** 20,
        batch: flags.batch,
        source: data,
        test: held,
        images: { data: source, seed },
        onProgress: (done) => progress.update(done),
      }).finally(() => progress.stop());
      await all.close?.();
      const { samples, shape } = made.settings;
      const next = `saeno train --data safetensors:${out}${held > 0 ? ` --test ${held}` : ""} --normalize channel --lr 0.005`;
      output.result(
        { store: out, ...made.settings, shards: made.shards.map(({ file }) => file) },
        `${out}   ${samples} maps of ${layer}, ${gridName(shape.slice(0, -1))}, ${shape.at(-1)} channels, in ${made.shards.length} shards\nTrain on them: ${next}`,
      );
    } finally {
      opened.dispose();
    }
  });
}

function folderOf(folder: string): HarvestStore {
  return {
    async read(name) {
      try {
        return await readBytes(join(folder, name));
      } catch (error) {
        const { cause } = SaenoError.isInstance(error) ? error : {};
        if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
        throw new SaenoError("harvest.read", messageOf(error), { kind: "data", cause: error });
      }
    },
    write: (name, bytes) => writeWhole(join(folder, name), bytes),
  };
}
