/**
 * Compares models of a network's maps: SAE-FNO, SAE-CNN and the standard SAE on points, at equal budgets. For each layer maps are harvested once, models
 * are trained as sweeps, and what the network says with their reconstructions is measured at several sizes of its input. Re-run it to resume.
 *
 *   pnpm networks --network models/centernet.json --images photographs --out comparison
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readArguments } from "../arguments.mjs";

const usage =
  "Usage: pnpm networks --network MODEL.json --images DIR [--out DIR] [--layers A,B] [--sizes 512,320] [--budgets 0.02,0.05] [--seeds 3] [--steps 400] [--samples 20]";
const { flags } = readArguments(usage, {
  network: { type: "string" },
  images: { type: "string" },
  out: { type: "string", default: "comparison" },
  range: { type: "string", default: "0..255" },
  output: { type: "string", default: "keypoints" },
  layers: {
    type: "string",
    default: "expanded_conv_14/project/BatchNorm/FusedBatchNorm,expanded_conv_8/project/BatchNorm/FusedBatchNorm",
  },
  sizes: { type: "string", default: "512,320,768" },
  budgets: { type: "string", default: "0.02,0.05,0.1" },
  seeds: { type: "string", default: "3" },
  steps: { type: "string", default: "400" },
  samples: { type: "string", default: "20" },
});
if (flags.network === undefined || flags.images === undefined) {
  console.error(usage);
  process.exit(2);
}

const cli = fileURLToPath(new URL("../../apps/cli/dist/main.js", import.meta.url));
const [sizes, budgets] = [flags.sizes, flags.budgets].map((text) => text.split(",").map(Number));
const held = 40;
const { out } = flags;
mkdirSync(out, { recursive: true });

const rows = flags.layers.split(",").flatMap((layer) => {
  const short = layer.match(/\d+/)?.[0] ?? layer;
  const store = join(out, `maps-${short}`);
  const images = (size) => `images:${flags.images},resize=${Math.round(1.25 * size)}`;
  if (!existsSync(join(store, "maps-00000.safetensors"))) {
    const where = ["--layer", layer, "--data", images(sizes[0]), "--size", sizes[0], "--range", flags.range];
    saeno(
      "network",
      "harvest",
      flags.network,
      ...where,
      "--limit",
      480,
      "--test",
      held,
      "--type",
      "f32",
      "--out",
      store,
    );
  }
  const channels = JSON.parse(readFileSync(join(store, "harvest.json"), "utf8")).settings.shape.at(-1);
  // Numbers at a point that a budget pays for; as few for all.
  const counts = budgets.map((budget) => Math.max(1, Math.round(budget * channels)));
  const shared = [
    "--data",
    `safetensors:${store}`,
    "--test",
    held,
    "--normalize",
    "channel",
    "--lr",
    0.005,
    "--concepts",
    128,
    "--batch",
    16,
  ];
  const maps = ["--active", 64, "--vary", `budget=${counts.map((count) => count / channels).join(",")}`];
  const models = {
    "SAE-FNO, rank 1": ["--model", "fno", "--rank", 1, ...maps],
    "SAE-CNN, 3 x 3": ["--model", "cnn", "--kernel", 3, ...maps],
    tokens: ["--model", "tokens", "--vary", `active=${counts.join(",")}`],
  };
  return Object.entries(models).flatMap(([model, settings], m) => {
    const many = ["--seeds", flags.seeds, "--steps", flags.steps, "--out", join(out, `sweep-${short}-${m}`)];
    const swept = saeno("sweep", ...shared, ...settings, ...many, "--json");
    return swept.runs.map(({ settings: varied, metric, others, folders }) => {
      const [[, value]] = Object.entries(varied);
      const count = model === "tokens" ? value : Math.round(value * channels);
      // Other sizes are asked for in the middle: they take as long again.
      const asked = count === counts[counts.length >> 1] ? sizes : sizes.slice(0, 1);
      const recovered = asked.map((size) => recoveredAt(size, folders, { layer, images }));
      return {
        ...others,
        layer: short,
        model,
        budget: others.budget?.mean ?? count / channels,
        relativeError: metric,
        recovered,
      };
    });
  });
});
writeFileSync(join(out, "comparison.json"), JSON.stringify(rows, null, 2));

const spread = (values, digits = 2) => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return mean.toFixed(digits).replace(/^0/, "");
};
const head = [
  "layer",
  "model",
  "budget",
  "error",
  "in use",
  "selective",
  "stability",
  ...sizes.map((size) => `recovered at ${size}`),
];
const table = rows.map(({ layer, model, budget, relativeError, inUse, selective, stability, recovered }) => [
  layer,
  model,
  `${(100 * budget).toFixed(1)} %`,
  spread([relativeError.mean], 3),
  inUse.mean.toFixed(0),
  `${(100 * selective.mean).toFixed(0)} %`,
  stability === undefined ? "" : spread([stability.mean]),
  ...sizes.map((_, i) => (recovered[i] === undefined ? "" : spread(recovered[i].runs.map((run) => run.recovered)))),
]);
for (const cells of [head, head.map(() => "---"), ...table]) console.log(`| ${cells.join(" | ")} |`);

/** What the network says with the reconstructions of each run, given images of a size. */
function recoveredAt(size, folders, { layer, images }) {
  const place = `${flags.network}#${layer},${images(size)},size=${size},range=${flags.range}`;
  const runs = folders.map(({ place: path }) => {
    const kept = join(path, `fidelity-${size}.json`);
    if (!existsSync(kept)) {
      const asked = ["--outputs", flags.output, "--fidelity-samples", flags.samples];
      writeFileSync(kept, JSON.stringify(saeno("eval", path, "--fidelity", place, ...asked, "--json").fidelity));
    }
    const { relativeError, outputs } = JSON.parse(readFileSync(kept, "utf8"));
    return {
      relativeError,
      recovered: outputs[0].recovered.mean,
      correlation: outputs[0].changes.reconstruction.correlation,
    };
  });
  return { size, runs };
}

function saeno(...args) {
  console.error(`saeno ${args.join(" ")}`);
  const { status, stdout } = spawnSync(process.execPath, [cli, ...args.map(String), "--progress", "none"], {
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) process.exit(status ?? 1);
  return args.includes("--json") ? JSON.parse(stdout.toString()) : undefined;
}
