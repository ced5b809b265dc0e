/** Writes array.npy: 64 functions on 16 x 16 points, each a wave of its own. */
import { writeFileSync } from "node:fs";

const shape = [64, 16, 16];
const values = Float32Array.from({ length: 64 * 256 }, (_, i) => {
  const [sample, y, x] = [Math.floor(i / 256), Math.floor(i / 16) % 16, i % 16];
  return Math.sin(((1 + (sample % 3)) * x + (1 + (sample % 4)) * y) * (Math.PI / 8) + sample);
});
const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`;
const header = `${text.padEnd(128 - 10 - 1)}\n`;
const magic = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, header.length & 255, header.length >> 8]);
writeFileSync("array.npy", Buffer.concat([magic, Buffer.from(header), Buffer.from(values.buffer)]));
