import { messageOf, parseJson, SaenoError } from "@saeno/backend";
import {
  concatenate,
  type DataConfig,
  type Dataset,
  type FileAccess,
  type OpenDataOptions,
  type OpenedData,
  openDataset,
  type SampleImages,
  subset,
} from "@saeno/datasets";
import * as v from "valibot";

const originSchema = v.object({ file: v.string(), top: v.optional(v.number()), left: v.optional(v.number()) });
const harvestSchema = v.object({
  origins: v.optional(v.array(originSchema), []),
  images: v.optional(v.object({ data: v.looseObject({ kind: v.string() }), seed: v.number() })),
  receptiveField: v.optional(v.array(v.number())),
});

type Harvested = v.InferOutput<typeof harvestSchema>;

/**
 * Maps of a harvested store with their images (`Dataset.images`), opened again and checked to be the same crops of the same files; or with the reason why
 * that is not possible. Other data stays as it is.
 *
 * @param config of the data, such as `safetensors:maps`.
 */
export async function harvestedImages(
  opened: OpenedData,
  { kind, file: folder, limit, test, testData }: DataConfig & { readonly file?: unknown },
  files: FileAccess,
  options: Pick<OpenDataOptions, "reporter"> = {},
): Promise<OpenedData> {
  if (kind !== "safetensors" || typeof folder !== "string" || testData !== undefined) return opened;
  const file = `${folder.replace(/[\\/]+$/, "")}/harvest.json`;
  const bytes = await wholeFile(files, file);
  if (bytes === undefined) return opened;
  const parsed = v.safeParse(harvestSchema, parseJson(bytes, file));
  const harvested: Harvested = parsed.success ? parsed.output : { origins: [] };
  const { receptiveField } = harvested;
  const about = receptiveField === undefined ? {} : { receptiveField: async () => receptiveField };
  try {
    const dataset = await imagesOf(harvested, opened.all.size, options);
    const of = (part: Dataset, chosen: Dataset): Dataset => ({ ...part, images: { ...about, dataset: chosen } });
    const [first, last] = [limit ?? opened.train.size, test ?? opened.test.size];
    return {
      ...opened,
      train: of(opened.train, subset(dataset, { start: 0, end: first })),
      test: of(opened.test, subset(dataset, { start: dataset.size - last, end: dataset.size })),
      all: of(opened.all, dataset),
    };
  } catch (error) {
    if (!SaenoError.isInstance(error)) throw error;
    const images: SampleImages = { ...about, problem: `The photographs of ${file} are not shown: ${messageOf(error)}` };
    const without = (part: Dataset): Dataset => ({ ...part, images });
    return { ...opened, train: without(opened.train), test: without(opened.test), all: without(opened.all) };
  }
}

/** @throws SaenoError `harvest.images` where they are not those of the store, and as `openDataset`. */
async function imagesOf(
  { images, origins }: Harvested,
  size: number,
  options: Pick<OpenDataOptions, "reporter">,
): Promise<Dataset> {
  const problem = (text: string) => new SaenoError("harvest.images", text, { kind: "data" });
  if (images === undefined) throw problem("it does not say how they were opened. Harvest again.");
  const { train, test } = await openDataset(images.data, { ...options, seed: images.seed });
  const all = concatenate(train, test);
  const isSame = all.size === size && origins.every((origin, i) => sameOrigin(origin, all.origin?.(i)));
  if (isSame) return all;
  await all.close?.();
  throw problem("the folder holds other photographs by now.");
}

function sameOrigin(
  a: Harvested["origins"][number],
  b: ReturnType<NonNullable<Dataset["origin"]>> | undefined,
): boolean {
  return a.file === b?.file && a.top === b.top && a.left === b.left;
}

async function wholeFile(files: FileAccess, path: string): Promise<Uint8Array | undefined> {
  const source = await files.open(path).catch((error: unknown) => {
    if (SaenoError.isInstance(error) || error instanceof Error) return undefined;
    throw error;
  });
  if (source === undefined) return undefined;
  return source.read(0, source.size).finally(() => source.close?.());
}
