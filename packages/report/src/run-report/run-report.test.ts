import { cpuBackend, register, useBackend } from "@saeno/backend";
import { arrayDataset, defineDataset } from "@saeno/datasets";
import { resolveRunConfig, runExperiment } from "@saeno/experiments";
import { JSDOM } from "jsdom";
import { strictObject } from "valibot";
import { beforeAll, describe, expect, it } from "vitest";
import { reportOfRun } from "./run-report.ts";

const labeled = defineDataset({
  kind: "labeled",
  summary: "functions with labels",
  schema: strictObject({}),
  open() {
    const make = (size: number, first: number) => ({
      ...arrayDataset({
        name: "labeled",
        values: Float32Array.from({ length: size * 64 }, (_, i) => Math.sin(first + i)),
        shape: [size, 8, 8, 1],
      }),
      labels: { values: Array.from({ length: size }, (_, i) => i % 2), names: ["cat", "dog"] },
      reading: {
        text: "read 30 functions on 8 x 8",
        type: "float32",
        range: [-1, 1] as const,
        notes: [],
        warnings: ["Channel 2 is constant."],
      },
    });
    return { train: make(24, 0), test: make(6, 1) };
  },
});

beforeAll(async () => {
  await useBackend(cpuBackend);
  register(labeled);
});

async function report(steps: number, settings: object = {}) {
  const controller = new AbortController();
  const config = resolveRunConfig({
    ...{ data: "labeled", modes: 3, concepts: 8, active: 2, batch: 8, steps: 5, ...settings },
  });
  const run = await runExperiment(config, {
    signal: controller.signal,
    onRecord: ({ step }) => void (step === steps && controller.abort()),
  });
  const page = new JSDOM(await reportOfRun(run)).window.document;
  run.model.dispose();
  return { page, run };
}

const texts = (page: Document, selector: string) =>
  [...page.querySelectorAll(selector)].map(({ textContent }) => textContent?.replace(/\s+/g, " "));

describe("the report of a run", () => {
  it("says in its title and its head that training was interrupted, where, and at which learning rate", async () => {
    const { page } = await report(3);
    expect(page.title).toMatch(/^SAE-FNO on labeled, interrupted at step 3 of 5 \(learning rate 0\.0\d+\)$/);
    expect(page.querySelector("header")?.textContent).toContain("Trained for 3 steps");
    expect(page.querySelector("header")?.textContent).toContain("Training was interrupted at step 3 of 5");
    expect(page.querySelector("#trust")?.textContent).toMatch(/3 of 5 steps.*It was interrupted/);
    expect((await report(99)).page.title).toBe("SAE-FNO on labeled");
  });

  it("shows how the data was read, its warnings, and which samples are drawn with their labels", async () => {
    const { page } = await report(99);
    expect(page.querySelector("header")?.textContent).toContain("Data: read 30 functions on 8 x 8");
    expect(page.querySelector("#trust")?.textContent).toContain("Channel 2 is constant.");
    expect(texts(page, ".sample h3").slice(0, 2)).toEqual([
      "Held-out sample 0 (24 of all) of labeled, label cat",
      "Held-out sample 1 (25 of all) of labeled, label dog",
    ]);
    expect(page.querySelector("#numbers .reading")?.textContent).toContain("6 held-out samples of labeled");
  });

  it("answers whether it can be trusted", async () => {
    const { page, run } = await report(99);
    const { baselines, trainError, dead } = run.summary;
    const rows = new Map(
      [...page.querySelectorAll("#trust tbody tr")].map((row) => [
        row.querySelector("th")?.textContent,
        row.querySelector("td")?.textContent,
      ]),
    );
    expect(rows.get("Better than the mean?")).toContain(`against ${baselines?.mean.toPrecision(3)}`);
    expect(rows.get("Better than PCA with as many numbers?")).toContain("24 training samples");
    expect(rows.get("Which error can it not undercut?")).toContain("a floor of");
    expect(rows.get("As good on new samples?")).toContain(`${trainError?.relativeError.toPrecision(3)} trained on`);
    expect(rows.get("Are its concepts used?")).toContain(`${dead} of 8 dead`);
    expect(rows.get("Are its concepts used?")).toContain("Active in none of the 6 samples; at the end of training");
    expect(rows.get("What does a code cost?")).toContain("for 64");
    expect(rows.get("Was training finished?")).toContain("5 of 5 steps");
    expect(rows.get("Would another seed say the same?")).toContain("--seeds 3");
  });
});
