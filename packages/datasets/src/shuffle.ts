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
  // A place in time and the sample's number in one number each, so that they are sorted where they are: there may be millions.
  const scale = Math.floor(2 ** 52 / (size * (blocks + open)));
  const keys = new Float64Array(size);
  for (let i = 0; i < size; i++) keys[i] = Math.floor((begins[blockOf(i)] + open * turn.uniform()) * scale) * size + i;
  keys.sort();
  const order = new Int32Array(size);
  for (let i = 0; i < size; i++) order[i] = keys[i] % size;
  return order;
}
