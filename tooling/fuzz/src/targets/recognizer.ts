import { gzipSync } from "node:zlib";
import { recognize } from "@saeno/datasets";
import { zipFile } from "../independent/zip.ts";
import { expectThat } from "../target.ts";
import { bytesTarget } from "./bytes-target.ts";
import { idxCorpus } from "./idx.ts";
import { npyCorpus } from "./npy.ts";
import { safetensorsCorpus } from "./safetensors.ts";

export const recognizer = bytesTarget({
  name: "recognizer",
  summary: "recognize: what a wrong file is",
  share: 8,
  file: "input",
  mayBeCut: true,
  async corpus() {
    const text = (content: string) => new TextEncoder().encode(content);
    return [
      ...npyCorpus(),
      ...safetensorsCorpus(),
      ...idxCorpus(),
      ...[
        '{"a": [1, 2]}',
        "1,2,3\n4,5,6\n",
        "<!doctype html><p>",
        "MATLAB 5.0 MAT-file",
        "version https://git-lfs",
      ].map(text),
      zipFile([{ name: "archive/data.pkl", content: text("pickle") }]),
      new Uint8Array(gzipSync("content")),
      text("\u0089HDF\r\n\u001a\n"),
      new Uint8Array(0),
    ];
  },
  async read(bytes) {
    const found = recognize(bytes);
    if (found === undefined) return;
    expectThat(/^[ -~]+$/.test(found.what) && /^[ -~]+$/.test(found.remedy), `it is called ${JSON.stringify(found)}`);
  },
});
