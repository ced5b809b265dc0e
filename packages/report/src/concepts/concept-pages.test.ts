import { cpuBackend, createRandom, useBackend } from "@saeno/backend";
import { type SparseAutoencoder, saeCnn, saeFno, saeMlp } from "@saeno/core";
import { arrayDataset, type Dataset, type SampleImages } from "@saeno/datasets";
import { encodeIndex, indexConcepts, type KeptEffects, openIndex } from "@saeno/inspect";
import { decode } from "fast-png";
import { JSDOM } from "jsdom";
import { beforeAll, describe, expect, test } from "vitest";
import { hostileText } from "../__fixtures__/hostile.ts";
import { withConceptName } from "../page/concept-name.ts";
import { conceptPages, type NetworkKnowledge } from "./concept-pages.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

const shared = { concepts: 5, active: 2, seed: 1 } as const;
const lines = data([9, 12, 1]);
const planes = data([9, 8, 6, 2]);
const volumes = data([5, 4, 4, 4, 1]);
const vectors = data([9, 20]);

interface Case {
  readonly dataset: Dataset;
  readonly make: () => SparseAutoencoder;
  /** A sample's picture, the figures of the atom, and what lies over the samples. */
  readonly expected: { readonly extension: string; readonly atom: number; readonly over?: "contours" | "bars" };
}

const cases: Readonly<Record<string, Case>> = {
  lines: {
    dataset: lines,
    make: () => saeFno({ ...shared, channels: 1, modes: [4] }),
    expected: { extension: "svg", atom: 4, over: "bars" },
  },
  planes: {
    dataset: planes,
    make: () => saeFno({ ...shared, channels: 2, modes: [3, 3] }),
    expected: { extension: "png", atom: 4, over: "contours" },
  },
  volumes: {
    dataset: volumes,
    make: () => saeFno({ ...shared, channels: 1, modes: [2, 2, 2] }),
    expected: { extension: "png", atom: 4, over: "contours" },
  },
  kernels: {
    dataset: planes,
    make: () => saeCnn({ ...shared, channels: 2, kernel: [3, 3] }),
    expected: { extension: "png", atom: 3, over: "contours" },
  },
  vectors: { dataset: vectors, make: () => saeMlp({ ...shared, inputs: 20 }), expected: { extension: "svg", atom: 1 } },
};

function data(shape: readonly number[]): Dataset {
  const size = shape.reduce((product, n) => product * n, 1);
  const values = createRandom(3).normals(size);
  const labels = { values: Array.from({ length: shape[0] }, (_, i) => i % 2), names: [hostileText, "b"] };
  return { ...arrayDataset({ name: hostileText, values, shape: [...shape] }), labels };
}

async function filesOf(
  { dataset, make }: Pick<Case, "dataset" | "make">,
  concepts: readonly number[],
  names = new Map<number, string>(),
  network: NetworkKnowledge = {},
) {
  const model = make();
  const index = await openIndex(encodeIndex(await indexConcepts(model, dataset)));
  const files = new Map<string, string | Uint8Array>();
  for await (const { name, content } of conceptPages({
    ...{
      ...network,
      model,
      dataset,
      index,
      names,
      concepts,
      title: hostileText,
      sampleShape: [...dataset.grid, dataset.channels],
    },
  }))
    files.set(name, content);
  model.dispose();
  const page = (name: string) => new JSDOM(String(files.get(`concepts/${name}`))).window.document;
  return { files, page, index };
}

describe("pages of concepts", () => {
  test.each(Object.entries(cases))(
    "of %s show the atom, samples, and where the concept is in them",
    async (_, each) => {
      const { files, page, index } = await filesOf(each, [0, 3]);
      const { extension, atom, over } = each.expected;
      const used = index.summaries.filter(({ count }) => count > 0).map(({ concept }) => concept);
      const document = page(`${used.includes(3) ? 3 : 0}.html`);
      expect(document.querySelectorAll(".columns>div:first-child .figures figure").length).toBe(atom);
      const shots = [...document.querySelectorAll(".shot")];
      expect(shots.length).toBeGreaterThan(2);
      for (const shot of shots) {
        const src = shot.querySelector("img")?.getAttribute("src") ?? "";
        expect(src).toMatch(new RegExp(`^samples/\\d+\\.${extension}$`));
        expect(files.has(`concepts/${src}`)).toBe(true);
        expect(shot.querySelector("svg")?.getAttribute("class")).toBe(over);
      }
      expect(document.querySelectorAll(".removal figure").length).toBe(4);
      expect(document.documentElement.outerHTML).not.toMatch(/NaN|undefined/);
    },
  );

  test("run nothing, fetch nothing from elsewhere, and link only to files that are there", async () => {
    const { files, page } = await filesOf(cases.planes, [0, 1, 2, 3, 4]);
    expect([...files.keys()]).toContain("concepts/style.css");
    for (const name of files.keys()) {
      if (!name.endsWith(".html")) continue;
      const document = page(name.replace("concepts/", ""));
      expect(document.querySelectorAll("script, iframe, object, style").length).toBe(0);
      for (const element of document.querySelectorAll("[src], [href]")) {
        const at = element.getAttribute("src") ?? element.getAttribute("href") ?? "";
        expect(at.startsWith("data:") || at === "../report.html" || files.has(`concepts/${at}`), at).toBe(true);
      }
      for (const attribute of ["onload", "onerror", "onclick"])
        expect(document.querySelector(`[${attribute}]`)).toBeNull();
    }
  });

  test("escape names, titles and labels, and take other names later", async () => {
    const { files, page } = await filesOf(cases.planes, [0, 1], new Map([[0, hostileText]]));
    const document = page("0.html");
    const name = () => document.querySelector("h1 .name")?.textContent;
    expect(name()).toBe(` ${hostileText}`);
    expect(document.title).toBe(`Concept 0 ${hostileText}`.trim());
    expect(document.body.textContent).toContain(hostileText);
    for (const [at, content] of files) {
      if (!at.endsWith(".html")) continue;
      const renamed = withConceptName(String(content), 0, "$& <b>edge</b>");
      const { document } = new JSDOM(renamed).window;
      for (const place of document.querySelectorAll("[data-concept='0']:not(title)"))
        expect(place.textContent).toBe(" $& <b>edge</b>");
      expect(renamed).not.toContain("<b>edge");
      expect(withConceptName(renamed, 0, hostileText)).toBe(content);
    }
    expect(withConceptName(String(files.get("concepts/0.html")), 0, "")).toContain('data-concept="0"></span>');
  });

  test("stay small, also where a concept is active everywhere", async () => {
    const dataset = data([6, 32, 32, 1]);
    const make = () =>
      saeFno({ channels: 1, concepts: 4, modes: [6, 6], active: 4, seed: 1, activation: { kind: "relu" } });
    const { files } = await filesOf({ dataset, make }, [0, 1]);
    for (const concept of [0, 1]) {
      const text = String(files.get(`concepts/${concept}.html`)).replaceAll(/data:image[^"]*/g, "");
      expect(text.length).toBeLessThan(30_000);
    }
  });

  test("show photographs where samples are maps of them, and the receptive field; else why not", async () => {
    const images = arrayDataset({
      name: "images",
      values: createRandom(1).normals(9 * 64 * 48 * 3),
      shape: [9, 64, 48, 3],
    });
    const of = (about: SampleImages) =>
      filesOf({ ...cases.planes, dataset: { ...planes, images: about } }, [0, 1, 2, 3]);
    const { files, page } = await of({ dataset: images, receptiveField: async () => [20, 16] });
    const [shown] = [...files.keys()].filter((name) => /\/\d\.html$/.test(name));
    const document = page(shown.replace("concepts/", ""));
    expect(document.querySelector("header")?.textContent).toMatch(/Rectangles: .* 20 × 16 points/);
    expect(document.querySelectorAll(".photographs .shot rect.field").length).toBeGreaterThan(1);
    const png = decode([...files].find(([name]) => /samples\/\d+\.png/.test(name))?.[1] as Uint8Array);
    expect([png.width, png.height]).toEqual([48, 64]);
    const without = await of({ problem: `They are gone, ${hostileText}` });
    expect(without.page("index.html").body.textContent).toContain(`They are gone, ${hostileText}`);
    expect(without.page(shown.replace("concepts/", "")).querySelector(".photographs, rect")).toBeNull();
  });

  test("say what a concept does to a network, by the names of its outputs", async () => {
    const effect = { samples: 4, effect: -0.1, attribution: -0.2, sample: 2 };
    const channels = [{ channel: 1, share: 0.75, direction: -0.9 }];
    const effects: KeptEffects = {
      ...{ model: "m", data: { kind: "network" }, seed: 0, network: "net", layer: "layer", output: hostileText },
      ...{ edit: { factor: 0 }, samples: 8, pairs: 9, rankCorrelation: 0.9, channelNames: ["cat", hostileText] },
      concepts: [1, 0].map((concept) => ({ concept, change: 0.2 + concept / 10, channels, ...effect })),
    };
    const asked: number[] = [];
    const changed = async (concept: number, { concepts }: KeptEffects) => {
      asked.push(concept);
      const [before, after] = [
        new Float32Array(32).fill(1),
        Float32Array.from({ length: 32 }, (_, i) => (i % 2 ? 0 : 1)),
      ];
      const image = { values: new Float32Array(64 * 3).fill(0.5), grid: [8, 8], channels: 3 };
      return { sample: concepts[0].sample, image, shape: [4, 4, 2], before, after };
    };
    const network = { effects: [effects, { ...effects, edit: { move: [0, 2] } }], changed };
    const { files, page } = await filesOf(cases.planes, [0, 1, 2], new Map(), network);
    expect(asked.toSorted()).toEqual([0, 1]);
    const text = page("1.html").body.textContent;
    expect(text).toContain("With it removed the output changes by 30%");
    expect(text).toMatch(/less of it\): number 1 of 2[\s\S]*moved by 0, 2 points/);
    expect(text).toContain(`${hostileText} at most 1`);
    expect(page("1.html").querySelector(".changed .shot img")?.getAttribute("src")).toBe("samples/changed-1.png");
    expect(files.has("concepts/samples/changed-1.png")).toBe(true);
    expect(page("2.html").body.textContent).not.toContain("What the network says");
    expect(page("index.html").body.textContent).toMatch(/correlation 0.9/);
    for (const [name, content] of files) if (name.endsWith(".html")) expect(content).not.toContain("<script");
  });

  test("list all concepts, those that cost most first, and link to those that have a page", async () => {
    const { page, index } = await filesOf(cases.vectors, [2]);
    const numbers = [...page("index.html").querySelectorAll(".cells b")].map(({ textContent }) => Number(textContent));
    expect(numbers.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
    const costs = numbers.map((k) => index.summaries[k]).filter(({ count }) => count > 0);
    expect(costs.map(({ cost }) => cost)).toEqual(costs.map(({ cost }) => cost).toSorted((a, b) => b - a));
    const links = [...page("index.html").querySelectorAll(".cells a")].map((link) => link.getAttribute("href"));
    expect(links).toEqual(["2.html"]);
  });
});
