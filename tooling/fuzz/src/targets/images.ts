import { createRandom, type Random } from "@saeno/backend";
import { imageFolder } from "@saeno/datasets/node";
import sharp from "sharp";
import { joined, mutateBytes } from "../mutations/mutate-bytes.ts";
import { expectThat, type FuzzTarget, pick } from "../target.ts";
import { scratchFolder } from "./scratch-folder.ts";

const [width, height] = [12, 10];
const crop = 10;

/** Whole images of a format. Checksums of PNG leave nothing damaged; in others a flipped bit is another image. */
interface Format {
  readonly name: string;
  readonly ending: string;
  readonly share: number;
  corpus(): Promise<readonly Uint8Array[]>;
}

function pixels(
  channels: 1 | 3 | 4,
  seed: number,
): { data: Uint8Array; raw: { width: number; height: number; channels: 1 | 3 | 4 } } {
  const random = createRandom(seed);
  const data = Uint8Array.from({ length: width * height * channels }, () => random.integer(256));
  return { data, raw: { width, height, channels } };
}

type Sharp = ReturnType<typeof sharp>;

async function encoded(
  channels: readonly (1 | 3 | 4)[],
  encode: (image: Sharp, i: number) => Sharp,
): Promise<Uint8Array[]> {
  const images = channels.map((count, i) => {
    const { data, raw } = pixels(count, 10 + i);
    return encode(sharp(data, { raw }), i).toBuffer();
  });
  return (await Promise.all(images)).map((buffer) => new Uint8Array(buffer));
}

const formats: readonly Format[] = [
  {
    name: "png",
    ending: ".png",
    share: 1.5,
    corpus: () => encoded([1, 3, 4, 3], (image, i) => image.png({ palette: i === 3, progressive: i === 2 })),
  },
  {
    name: "jpeg",
    ending: ".jpg",
    share: 1.5,
    corpus: () =>
      encoded([1, 3, 3], (image, i) =>
        image.withMetadata({ orientation: 1 + 5 * (i % 2) }).jpeg({ progressive: i === 1 }),
      ),
  },
  {
    name: "tiff",
    ending: ".tif",
    share: 1,
    corpus: () =>
      encoded([1, 3, 3, 1], (image, i) =>
        image.tiff({
          compression: (["none", "lzw", "deflate", "none"] as const)[i],
          ...(i === 3 ? { bitdepth: 1 } : {}),
        }),
      ),
  },
  { name: "gif", ending: ".gif", share: 0.5, corpus: () => encoded([3, 3], (image) => image.gif()) },
  {
    name: "webp",
    ending: ".webp",
    share: 0.8,
    corpus: () => encoded([3, 4], (image, i) => image.webp({ lossless: i === 1 })),
  },
  { name: "bmp", ending: ".bmp", share: 1, corpus: async () => [bitmap(24), bitmap(8), bitmap(32)] },
];

export const imageTargets: readonly FuzzTarget[] = formats.map((format) => ({
  name: format.name,
  summary: `images:FOLDER with ${format.ending} in it`,
  share: format.share,
  // Of the 512 MB that images may take, one may take two thirds.
  arrayMb: 342,
  prepare: () => prepareImages(format),
}));

async function prepareImages({ name, ending, corpus: made }: Format) {
  sharp.concurrency(1);
  // It knows files by their names, and every input has the same one.
  sharp.cache(false);
  const corpus = await made();
  const [isExact, file] = [name === "png", `z${ending}`];
  const folder = scratchFolder();
  const { data, raw } = pixels(1, 9);
  const png = await sharp(data, { raw }).png().toBuffer();
  folder.write("images/a.png", new Uint8Array(png));
  const read = async (bytes: Uint8Array, seed: number) => {
    folder.write(`images/${file}`, bytes);
    const { test } = await imageFolder({
      directory: `${folder.path}/images`,
      crop,
      count: 1,
      testCount: 2,
      seed,
      color: true,
    });
    expectThat(test.channels === 3 && test.grid.join() === `${crop},${crop}`, "its crops have another shape");
    return test.read([0, 1]);
  };
  const known = new Set<string>();
  if (isExact) for (const bytes of corpus) known.add((await read(bytes, 0)).join());
  const input = (bytes: Uint8Array, changes: readonly string[], broken?: string) => ({
    files: { [`images/${file}`]: bytes },
    changes,
    names: ["images"],
    broken,
    async read() {
      const found = await read(bytes, 0);
      expectThat(
        found.every((value) => Number.isFinite(value)),
        "its pixels are not finite",
      );
      if (isExact) expectThat(known.has(found.join()), "its pixels are not those that were written");
      else
        expectThat(
          found.every((value) => value >= -1e6 && value <= 1e6),
          "its pixels are out of any range",
        );
    },
  });
  return {
    whole: corpus.map((bytes) => input(bytes, [])),
    damaged(random: Random) {
      const { bytes, changes } = mutateBytes(pick(corpus, random), random, corpus);
      return input(bytes, changes);
    },
    close: folder.close,
  };
}

/** A Windows bitmap, bottom row first. */
function bitmap(bits: 8 | 24 | 32): Uint8Array {
  const random = createRandom(bits);
  const row = 4 * Math.ceil((width * bits) / 32);
  const palette =
    bits === 8 ? Uint8Array.from({ length: 1024 }, (_, i) => (i % 4 === 3 ? 0 : i >> 2)) : new Uint8Array(0);
  const begin = 54 + palette.length;
  const view = new DataView(new ArrayBuffer(54));
  view.setUint16(0, 0x424d);
  view.setUint32(2, begin + row * height, true);
  view.setUint32(10, begin, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, bits, true);
  view.setUint32(34, row * height, true);
  const values = Uint8Array.from({ length: row * height }, () => random.integer(256));
  return joined(new Uint8Array(view.buffer), palette, values);
}
