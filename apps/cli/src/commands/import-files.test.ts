import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { SaenoError } from "@saeno/backend";
import { afterAll, describe, expect, test } from "vitest";
import { findPeerFiles } from "./import-files.ts";

const root = mkdtempSync(join(tmpdir(), "saeno-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A new folder with these files; what is not text is written as JSON. */
function folderWith(name: string, files: Readonly<Record<string, unknown>>): string {
  for (const [file, content] of Object.entries(files)) {
    const path = join(root, name, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  }
  return join(root, name);
}

const saelens = { d_in: 4, d_sae: 8, expansion_factor: 2 };
const sparsify = { num_latents: 0, expansion_factor: 2, d_in: 4 };
const dictionaryLearning = { trainer: { dict_class: "AutoEncoder" }, buffer: {} };

describe("files of a model", () => {
  test.each([
    ["saelens", { "cfg.json": saelens, "sae_weights.safetensors": "w", "sparsity.safetensors": "s" }],
    ["saelens", { "cfg.json": saelens, "gpt2.safetensors": "w", "sparsity.safetensors": "s" }],
    ["sparsify", { "cfg.json": sparsify, "sae.safetensors": "w" }],
    ["dictionary-learning", { "config.json": dictionaryLearning, "ae.safetensors": "w", "ae.pt": "pickle" }],
    ["saelens", { "config.json": {}, "cfg.json": saelens, "sae_weights.safetensors": "w" }],
  ])("are told to be of %s", (format, files) => {
    const folder = folderWith(JSON.stringify(Object.keys(files)), files);
    const found = findPeerFiles(folder);
    expect(found).toMatchObject({ format, folder });
    expect(readFileSync(found.weightsFile, "utf8")).toBe("w");
  });

  test("are found from either of the two, and the library that was named wins", () => {
    const folder = folderWith("named", { "cfg.json": {}, "a.safetensors": "a", "b.safetensors": "b" });
    const file = join(folder, "b.safetensors");
    expect(findPeerFiles(file, "sparsify")).toMatchObject({ format: "sparsify", weightsFile: file });
    expect(() => findPeerFiles(join(folder, "cfg.json"), "sparsify")).toThrow(
      /holds a.safetensors, b.safetensors: name the one/,
    );
  });

  test("that are missing, damaged or of nothing known are named, with what to do", () => {
    const pickles = folderWith("pickles", { "ae.pt": "pickle" });
    const cases: [string, string, RegExp, "usage" | "data"][] = [
      [join(root, "nowhere"), "import.path", /There is no file or folder .*nowhere/, "usage"],
      [folderWith("empty", { "notes.txt": "" }), "import.config", /neither cfg.json \(SAELens/, "data"],
      [join(root, "empty", "notes.txt"), "import.path", /not a model file/, "usage"],
      [
        pickles,
        "import.pickle",
        /ae.pt is a pickle, which may run any code.*weights_only=True.*ae.safetensors/,
        "data",
      ],
      [join(pickles, "ae.pt"), "import.pickle", /is a pickle/, "data"],
      [
        folderWith("unconverted", { "cfg.json": saelens, "weights.ckpt": "" }),
        "import.pickle",
        /weights.ckpt is a pickle.*sae_weights.safetensors"/,
        "data",
      ],
      [
        folderWith("gemma", { "cfg.json": saelens, "params.npz": "" }),
        "import.weights",
        /holds no sae_weights.safetensors.*Gemma Scope.*save_model/,
        "data",
      ],
      [folderWith("broken", { "cfg.json": "{" }), "json.format", /cfg.json is not valid JSON, at its end/, "data"],
      [folderWith("list", { "cfg.json": [] }), "import.config", /does not hold a JSON object/, "data"],
      [folderWith("unknown", { "cfg.json": {} }), "import.format", /Say which with --format saelens, spar/, "data"],
      [folderWith("run", { "config.json": { modelConfig: {} } }), "import.config", /is a run folder of saeno/, "usage"],
      [
        folderWith("many", { "layers.1/cfg.json": sparsify, "layers.2/cfg.json": sparsify, "notes.txt": "" }),
        "import.config",
        /holds several models, layers.1, layers.2: name the folder of one/,
        "usage",
      ],
    ];
    for (const [path, code, message, kind] of cases) {
      let error: SaenoError | undefined;
      try {
        findPeerFiles(path);
      } catch (thrown) {
        error = thrown as SaenoError;
      }
      expect(error).toMatchObject({ code, kind });
      expect(error?.message).toMatch(message);
    }
  });
});
