/** Copies a network that was dropped on the page into the storage of the browser, so that it is there the next time. */
import { SaenoError } from "@saeno/backend";
import { blobBytes } from "@saeno/datasets";
import type { RunStore } from "@saeno/experiments";
import { networkFiles } from "@saeno/networks";

/** @returns its place. @throws SaenoError `network.file` for files that are not of a network, `file.missing` where some of its files are not among them. */
export async function copyNetwork(store: RunStore, given: ReadonlyMap<string, File>): Promise<string> {
  const open = async (path: string) => blobBytes(given.get(path) ?? new Blob(), path);
  const onnx = [...given.keys()].filter((path) => path.endsWith(".onnx"));
  const graphs = onnx.length > 0 ? onnx : [...given.keys()].filter((path) => path.endsWith(".json"));
  const graph = graphs.find((path) => /(^|\/)model\.json$/.test(path)) ?? (graphs.length === 1 ? graphs[0] : undefined);
  if (graph === undefined) {
    const names = [...given.keys()].slice(0, 4).join(", ") || "nothing";
    const problem =
      graphs.length === 0
        ? `There is no model.json or ONNX file among ${names}`
        : `There are several graphs, ${graphs.join(", ")}`;
    const remedy = "choose the .json of a graph model together with its weights, or one .onnx";
    throw new SaenoError("network.file", `${problem}: ${remedy}.`, { kind: "data" });
  }
  const kind = onnx.length > 0 ? "onnx" : "tfjs";
  const paths = (await networkFiles(`${kind}:${graph}`, { open, list: async () => undefined })) ?? [graph];
  const missing = paths.filter((path) => !given.has(path));
  if (missing.length > 0)
    throw new SaenoError("file.missing", `${graph} needs ${missing.join(", ")} too: choose all of its files.`, {
      kind: "data",
    });
  const folder = graph.slice(0, graph.lastIndexOf("/") + 1);
  const stem = (folder.split("/").at(-2) ?? graph.replace(/\.(json|onnx)$/, "")).replaceAll(/[^\w.-]+/g, "-");
  let place = `networks/${stem}`;
  for (let number = 2; await store.has(place); number++) place = `networks/${stem}-${number}`;
  const draft = await store.edit(place);
  try {
    for (const path of paths) {
      const file = given.get(path);
      const inside = path.slice(folder.length);
      if (inside.split("/").some((part) => part === "" || part === ".." || part === "."))
        throw new SaenoError("network.file", `${graph} has its weights outside of its folder, at ${path}.`, {
          kind: "data",
        });
      if (file !== undefined) await draft.write(inside, new Uint8Array(await file.arrayBuffer()));
    }
  } finally {
    await draft.close();
  }
  return place;
}
