import { expect, test } from "vitest";
import { runSaeno } from "./__fixtures__/run-saeno.ts";

const completed = async (...words: string[]) => {
  const { stdout } = await runSaeno(".", ["complete", "--", ...words]);
  return stdout.split("\n").map((line) => line.split("\t")[0]);
};

test("shells complete commands, flags and the kinds that flags take, a line each", async () => {
  expect(await completed("tr")).toEqual(["train", ":4", ""]);
  expect(await completed("train", "--mode")).toEqual(["--model", "--modes", ":4", ""]);
  expect(await completed("train", "--model", "")).toEqual(expect.arrayContaining(["fno", "cnn", "mlp"]));
  expect(await completed("train", "--backend", "")).toEqual(expect.arrayContaining(["auto", "wasm", "webgpu", "cpu"]));
});

test.each(["bash", "zsh", "fish"])("saeno completion %s is a script", async (shell) => {
  const { status, stdout } = await runSaeno(".", ["completion", shell]);
  expect({ status, mentions: stdout.includes("saeno") }).toEqual({ status: 0, mentions: true });
});
