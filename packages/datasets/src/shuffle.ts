import type { Random } from "@saeno/backend";

/**
 * A random order of samples that lie in blocks, in which only some blocks are needed at a time: blocks come in a random order, and each has its
 * samples spread over the time that it takes for `open` blocks to go by.
 *
 * @param blockOf the block of each sample.
 * @param open how many blocks are mixed. A block is done with after as many others have begun.
 */
export function windowedOrder(
  size: number,
  { blocks, open, blockOf }: { readonly blocks: number; readonly open: number; blockOf(sample: number): number },
  random: Random,
): Int32Array {
  const begins = random.split("blocks").permutation(blocks);
  const turn = random.split("samples");
  const keys = new Float64Array(size);
  for (let i = 0; i < size; i++) keys[i] = begins[blockOf(i)] + open * turn.uniform();
  return Int32Array.from({ length: size }, (_, i) => i).sort((a, b) => keys[a] - keys[b] || a - b);
}
