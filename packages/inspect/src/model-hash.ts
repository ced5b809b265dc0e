import { sha256 } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";

/**
 * A hash of a model's weights, by their names. Codes and indexes carry it, so that they are not mistaken for those of another model. SHA-256, in
 * hexadecimal. It stays the same if a model is saved and read again.
 */
export async function modelHash(model: SparseAutoencoder): Promise<string> {
  const sorted = [...model.parameters()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const digests: string[] = [];
  for (const { name, variable } of sorted) {
    const values = Float32Array.from(await variable.data());
    digests.push(`${name} [${variable.shape.join(",")}] ${await sha256(new Uint8Array(values.buffer))}`);
  }
  return sha256(digests.join("\n"));
}
