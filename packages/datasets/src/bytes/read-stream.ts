/**
 * All that a stream gives, if that is no more than so many bytes.
 *
 * @param tooMuch what is thrown where it is more; the rest is not read.
 */
export async function readStream(
  stream: ReadableStream<Uint8Array>,
  most: number,
  tooMuch: () => Error,
): Promise<Uint8Array> {
  const reader = stream.getReader();
  const pieces: Uint8Array[] = [];
  let total = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    total += next.value.length;
    if (total > most) {
      await reader.cancel();
      throw tooMuch();
    }
    pieces.push(next.value);
  }
  const result = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    result.set(piece, at);
    at += piece.length;
  }
  return result;
}
