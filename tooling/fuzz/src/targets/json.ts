import { isDeepStrictEqual } from "node:util";
import { parseJson } from "@saeno/backend";
import { mutateBytes } from "../mutations/mutate-bytes.ts";
import { mutateJson } from "../mutations/mutate-json.ts";
import { expectThat, type FuzzTarget, pick } from "../target.ts";
import { attempt } from "./bytes-target.ts";

const file = "input.json";

export const documents: readonly unknown[] = [
  { a: 1, b: [1, 2.5, -3e-7], c: { d: null, e: true, f: "text" } },
  [[], {}, "", 0, false],
  { steps: 100, learningRate: 0.01, data: "npy:fields.npy", activation: { kind: "topk", k: 8 } },
  { 'quotes "\\\n\t': "\u00e9\u{1f600}", "": { "": {} } },
  "text",
  12,
];

export const json: FuzzTarget = {
  name: "json",
  summary: "parseJson, against JSON.parse",
  share: 14,
  async prepare() {
    const corpus = documents.map((document) => new TextEncoder().encode(JSON.stringify(document)));
    const input = (bytes: Uint8Array, changes: readonly string[], broken?: string) => ({
      files: { [file]: bytes },
      changes,
      names: [file],
      broken,
      async read() {
        const found = await attempt(() => parseJson(bytes, file));
        const text = new TextDecoder().decode(bytes);
        const standard = await attempt((): unknown => JSON.parse(text));
        if ("value" in found) {
          // What the standard does not have.
          const hasConstants = /NaN|Infinity/.test(text);
          expectThat("value" in standard || hasConstants, "JSON.parse refuses it");
          if ("value" in standard)
            expectThat(isDeepStrictEqual(found.value, standard.value), "JSON.parse reads another value");
          return;
        }
        // A key given twice, and what is nested too deep, are refused although the standard allows them.
        const isMore = /twice|deep|UTF/.test(String(found.error));
        expectThat("error" in standard || isMore, () => `JSON.parse reads what is refused: ${found.error}`);
        throw found.error;
      },
    });
    return {
      whole: corpus.map((bytes) => input(bytes, [])),
      damaged(random) {
        if (random.integer(2) === 0) {
          const { bytes, changes } = mutateBytes(pick(corpus, random), random, corpus);
          return input(bytes, changes);
        }
        const { text, changes, broken } = mutateJson(pick(documents, random), random, documents);
        const start = random.integer(20) === 0 ? "\uFEFF" : "";
        return input(new TextEncoder().encode(start + text), changes, broken);
      },
    };
  },
};
