import { isDeepStrictEqual } from "node:util";
import { register } from "@saeno/backend";
import { dataSourceText, knownDatasets, parseDataSource } from "@saeno/datasets";
import { nodeDatasetComponents } from "@saeno/datasets/node";
import { mutateText } from "../mutations/mutate-text.ts";
import { expectThat, type FuzzTarget, pick } from "../target.ts";

const sources = [
  "npy:fields.npy",
  "npz:fields.npz#train,layout=channels-first",
  "safetensors:runs/a,b#weight,axes=sample/channel/y/x",
  "images:photos,crop=32,color=true,whiten=false",
  "mnist:data/mnist,part=test",
  "flow:64,viscosity=0.001",
  "flow",
  "sparse-functions:80,concepts=2,kernel=3",
  "sparse-vectors:100,concepts=12,active=2",
  "npy:a.npy,missing=0,memory=64,labels=l.npy",
];

export const shorthand: FuzzTarget = {
  name: "shorthand",
  summary: "parseDataSource, and back",
  share: 8,
  async prepare() {
    register(...nodeDatasetComponents);
    const words = knownDatasets().flatMap(({ kind, schema }) => [kind, ...Object.keys(schema.entries)]);
    const input = (text: string, changes: readonly string[]) => ({
      files: { source: text },
      changes,
      async read() {
        const config = parseDataSource(text);
        const again = parseDataSource(JSON.parse(JSON.stringify(config)));
        expectThat(isDeepStrictEqual(again, config), `${JSON.stringify(config)} becomes ${JSON.stringify(again)}`);
        dataSourceText(config);
      },
    });
    return {
      whole: sources.map((text) => input(text, [])),
      damaged(random) {
        const { text, changes } = mutateText(pick(sources, random), random, words);
        return input(text, changes);
      },
    };
  },
};
