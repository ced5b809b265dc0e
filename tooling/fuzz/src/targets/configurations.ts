import { isDeepStrictEqual } from "node:util";
import { parseJson, register, SaenoError } from "@saeno/backend";
import { nodeDatasetComponents } from "@saeno/datasets/node";
import { parseVary, resolveRunConfig, runSettings } from "@saeno/experiments";
import { ownRecipes, readRecipes } from "@saeno/experiments/node";
import { parseRecipe } from "@saeno/experiments/recipes";
import { mutateJson } from "../mutations/mutate-json.ts";
import { mutateText } from "../mutations/mutate-text.ts";
import { expectThat, type FuzzTarget, pick } from "../target.ts";

const file = "input.json";

/** Settings as people give them, flat. */
export const runSettingsCorpus: readonly Readonly<Record<string, unknown>>[] = [
  { data: "npy:fields.npy", model: "fno", concepts: 16, active: 4, modes: 8, steps: 200, seed: 3 },
  { data: "sparse-vectors:100,concepts=12,active=2", model: "mlp", concepts: 12, activation: "jumprelu", lr: 0.01 },
  {
    data: "sparse-functions:80,channels=2,concepts=4,kernel=3",
    model: "cnn",
    concepts: 4,
    active: 2,
    kernel: [3],
    lifting: 3,
    limit: 60,
    test: 10,
  },
  { data: "mnist:digits", model: "fno", concepts: 8, density: 0.1, lifting: 10, modes: [6, 6], schedule: "cosine" },
  { data: "images:photos", crop: 32, color: true, whiten: false, concepts: 32, optimizer: "sgd", grids: "16,32" },
];

export const configurations: FuzzTarget = {
  name: "configurations",
  summary: "resolveRunConfig of config files, nested and flat",
  share: 4,
  async prepare() {
    register(...nodeDatasetComponents);
    const nested = runSettingsCorpus.map((settings): unknown => plain(resolveRunConfig(settings)));
    const corpus = [...nested, ...runSettingsCorpus];
    const input = (text: string, changes: readonly string[], broken?: string) => ({
      files: { [file]: text },
      changes,
      broken,
      async read() {
        const content = parseJson(text, file);
        // As every reader of config files does.
        if (!isRecord(content)) throw new SaenoError("config.file", `${file} must hold one JSON object.`);
        const config = resolveRunConfig({}, content, file);
        const again = resolveRunConfig({}, JSON.parse(JSON.stringify(config)), file);
        expectThat(
          isDeepStrictEqual(plain(again), plain(config)),
          () => `what it resolves to resolves to something else: ${JSON.stringify(config)}, ${JSON.stringify(again)}`,
        );
      },
    });
    return {
      whole: corpus.map((document) => input(JSON.stringify(document), [])),
      damaged(random) {
        const { text, changes, broken } = mutateJson(pick(corpus, random), random, corpus);
        return input(text, changes, broken);
      },
    };
  },
};

export const flags: FuzzTarget = {
  name: "flags",
  summary: "resolveRunConfig of flags, parseVary",
  share: 1.2,
  async prepare() {
    register(...nodeDatasetComponents);
    const lines = [
      ...runSettingsCorpus.map((settings) =>
        Object.entries(settings)
          .map(([name, value]) => `--${name} ${Array.isArray(value) ? value.join("x") : value}`)
          .join("\n"),
      ),
      "--vary lr=0.005,0.01",
      "--vary lr=0.001..0.1",
      "--vary modes=12x14,8",
    ];
    const words = runSettings().flatMap(({ flag, name }) => [flag, name]);
    const input = (text: string, changes: readonly string[]) => ({
      files: { flags: text },
      changes,
      async read() {
        if (text.startsWith("--vary ")) {
          parseVary(text.slice(7));
          return;
        }
        const given = text.split("\n").map((line) => /^-*(\S*) ?(.*)$/s.exec(line) ?? []);
        const config = resolveRunConfig(
          Object.fromEntries(given.map(([, name = "", value]) => [name, value === "" ? true : value])),
        );
        expectThat(
          isDeepStrictEqual(plain(resolveRunConfig({}, { ...config })), plain(config)),
          "what it resolves to resolves to something else",
        );
      },
    });
    return {
      whole: lines.map((text) => input(text, [])),
      damaged(random) {
        const { text, changes } = mutateText(pick(lines, random), random, words);
        return input(text, changes);
      },
    };
  },
};

export const recipes: FuzzTarget = {
  name: "recipes",
  summary: "parseRecipe",
  share: 2,
  async prepare() {
    const corpus = readRecipes(ownRecipes).map(({ content }) => content);
    const input = (text: string, changes: readonly string[], broken?: string) => ({
      files: { [file]: text },
      changes,
      names: [file],
      broken,
      async read() {
        const { runs, figure } = parseRecipe(parseJson(text, file), file);
        expectThat(typeof figure === "string" && Object.keys(runs).length >= 0, "it has no figure");
      },
    });
    return {
      whole: corpus.map((document) => input(JSON.stringify(document), [])),
      damaged(random) {
        const { text, changes, broken } = mutateJson(pick(corpus, random), random, corpus);
        return input(text, changes, broken);
      },
    };
  },
};

/** As a file holds it. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
