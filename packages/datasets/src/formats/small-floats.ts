/** The two sixteen-bit floats, to and from numbers, and eight-bit ones to numbers. Rounding is to the nearest, ties to even. */

const scratch = new DataView(new ArrayBuffer(8));

/** IEEE 754 binary16. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The bits of the nearest binary16: beyond 65504 and half a step infinite, below 2^-14 subnormal. */
export function numberToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundToEven(size * 2 ** 24);
  scratch.setFloat64(0, size);
  const exponent = (scratch.getUint16(0) >> 4) - 1023;
  // A fraction that rounds up to 1024 carries into the exponent, as it should.
  return sign | (((exponent + 15) << 10) + roundToEven((size / 2 ** exponent - 1) * 1024));
}

/** bfloat16: the upper half of a binary32. */
export function brainToNumber(bits: number): number {
  scratch.setUint32(0, bits * 65536);
  return scratch.getFloat32(0);
}

/** The bits of the bfloat16 nearest to the binary32 nearest to a number, as PyTorch rounds. */
export function numberToBrain(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** Eight-bit floats by their bits of exponent and fraction, as machine learning has them. */
export const eightBitFloats = {
  /** The upper half of a binary16. */
  e5m2: (bits: number): number => halfToNumber(bits << 8),
  /** Without infinities, and one NaN of each sign. */
  e4m3(bits: number): number {
    const sign = bits & 0x80 ? -1 : 1;
    const [exponent, fraction] = [(bits >> 3) & 15, bits & 7];
    if (exponent === 15 && fraction === 7) return Number.NaN;
    return sign * (exponent === 0 ? fraction * 2 ** -9 : (1 + fraction / 8) * 2 ** (exponent - 7));
  },
  /** Powers of two, for scales. */
  e8m0: (bits: number): number => (bits === 255 ? Number.NaN : 2 ** (bits - 127)),
} as const;

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest === 0.5) return below % 2 === 0 ? below : below + 1;
  return rest < 0.5 ? below : below + 1;
}
