import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";

vi.mock("sharp", () => {
  throw new Error("Could not load the package");
});

test("without sharp everything but images works, and images say how to install it", async () => {
  const { imageFolder, mnist, nodeDatasetComponents } = await import("../node.ts");
  expect(nodeDatasetComponents.map(({ kind }) => kind)).toContain("npy");
  const folder = await mkdtemp(join(tmpdir(), "saeno-"));
  await expect(mnist({ directory: folder })).rejects.toThrow(/holds none of train-images/);
  for (const name of ["a.png", "b.png"]) await writeFile(join(folder, name), "");
  await expect(imageFolder({ directory: folder })).rejects.toThrow(/sharp.*npm install sharp/);
  await rm(folder, { recursive: true });
});
