import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configurations } from "./configurations.ts";

const program = fileURLToPath(new URL("../dist/bench.js", import.meta.url));
let folder: string;
let python: string;

beforeAll(() => {
  // A Python that says it has PyTorch, and answers with times that are known.
  folder = mkdtempSync(join(tmpdir(), "saeno-bench-"));
  python = join(folder, "python");
  const answer = JSON.stringify({ train: [1e9], infer: [1e9], peakMb: 77, detail: "a peer", matrixGflops: 1 });
  writeFileSync(python, `#!/bin/sh\n[ "$1" = -c ] || echo '${answer}'\n`);
  chmodSync(python, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function bench(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...args],
      { env: { ...process.env, ...environment } },
      (error, stdout, stderr) =>
        resolve({ status: typeof error?.code === "number" ? error.code : error ? -1 : 0, stdout, stderr }),
    );
  });
}

const quick = ["--only", "mlp-small", "--repeats", "1", "--json"];

describe("pnpm bench", () => {
  test("ends with one line and 2 for an unknown configuration, flag or number", async () => {
    const cases: [string[], RegExp][] = [
      [["--only", "fno-huge"], /^bench: There is no configuration "fno-huge"\. Known: mlp-small, .*\n$/],
      [["--onyl", "fno-img"], /unknown option '--onyl'/],
      [["--repeats", "0"], /whole number of at least 1/],
    ];
    for (const [args, message] of cases) {
      const { status, stdout, stderr } = await bench(args);
      expect([status, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(message);
      expect(stderr).not.toMatch(/\n\s+at /);
    }
  });

  test("measures in a process of its own and prints one JSON document", async () => {
    const { status, stdout, stderr } = await bench(quick);
    expect(status).toBe(0);
    const timing = { saenoMs: expect.any(Number), saenoP10: expect.any(Number), saenoP90: expect.any(Number) };
    expect(JSON.parse(stdout)).toEqual([
      { name: "mlp-small", train: timing, infer: timing, peakMb: { saeno: expect.any(Number) } },
    ]);
    expect(stderr).toMatch(/^Node /);
  });

  test("takes turns with the peer, gives ratios, and doubts a peer without fast linear algebra", async () => {
    const { status, stdout, stderr } = await bench([...quick, "--peer"], { SAENO_PYTHON: python });
    expect(status).toBe(0);
    const [result] = JSON.parse(stdout);
    expect(result.train).toMatchObject({ peerMs: 1e9, ratio: expect.any(Number) });
    expect(result.peakMb.peer).toBe(77);
    const turns = stderr.match(/mlp-small: (saeno|PyTorch)/g);
    expect(turns).toEqual(["mlp-small: saeno", "mlp-small: PyTorch", "mlp-small: saeno", "mlp-small: PyTorch"]);
    expect(stderr).toMatch(/slow matrix product \(1\.0 GFLOP\/s\)/);
  });

  test("counts instead of measuring", async () => {
    const { status, stdout } = await bench(["--counts", "--json"]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout).map(({ name }: { name: string }) => name)).toEqual(
      configurations.map(({ name }) => name),
    );
  });
});
