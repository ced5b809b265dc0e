/**
 * The spectrum of an image of any size, multiplied and transformed back, in float64 on the CPU. Backends do it by matrices, which is fast for what models
 * compute on, and takes minutes and gigabytes for the millions of points of a photograph; this takes time n log n and twice the memory of the image.
 */

/** In place. */
interface Transform {
  forward(re: Float64Array, im: Float64Array): void;
  /** Without the division by the length. */
  backward(re: Float64Array, im: Float64Array): void;
}

/**
 * @param values `[height, width, channels]`, taken as periodic.
 * @param gain what the amplitude of a frequency is multiplied with; in cycles a pixel.
 */
export function filterLarge(
  values: Float32Array,
  [height, width, channels]: readonly [number, number, number],
  gain: (row: number, column: number) => number,
): Float32Array {
  const result = new Float32Array(values.length);
  const half = Math.floor(width / 2) + 1;
  const [alongRows, alongColumns] = [transformOf(width), transformOf(height)];
  /** Of the frequencies of rows that are not negative, `[half, height]`. */
  const [re, im] = [new Float32Array(half * height), new Float32Array(half * height)];
  const [rowRe, rowIm] = [new Float64Array(width), new Float64Array(width)];
  const [columnRe, columnIm] = [new Float64Array(height), new Float64Array(height)];
  for (let channel = 0; channel < channels; channel++) {
    const at = (row: number, column: number) => (row * width + column) * channels + channel;
    // Two rows at a time, as real and imaginary part.
    for (let row = 0; row < height; row += 2) {
      const second = Math.min(row + 1, height - 1);
      for (let column = 0; column < width; column++) {
        rowRe[column] = values[at(row, column)];
        rowIm[column] = values[at(second, column)];
      }
      alongRows.forward(rowRe, rowIm);
      for (let k = 0; k < half; k++) {
        const mirrored = (width - k) % width;
        const to = k * height;
        re[to + second] = (rowIm[k] + rowIm[mirrored]) / 2;
        im[to + second] = (rowRe[mirrored] - rowRe[k]) / 2;
        if (second === row) continue;
        re[to + row] = (rowRe[k] + rowRe[mirrored]) / 2;
        im[to + row] = (rowIm[k] - rowIm[mirrored]) / 2;
      }
    }
    for (let k = 0; k < half; k++) {
      const own = k * height;
      columnRe.set(re.subarray(own, own + height));
      columnIm.set(im.subarray(own, own + height));
      alongColumns.forward(columnRe, columnIm);
      for (let row = 0; row < height; row++) {
        const factor = gain((row <= height / 2 ? row : row - height) / height, k / width) / (height * width);
        columnRe[row] *= factor;
        columnIm[row] *= factor;
      }
      alongColumns.backward(columnRe, columnIm);
      re.set(columnRe, own);
      im.set(columnIm, own);
    }
    for (let row = 0; row < height; row += 2) {
      const second = Math.min(row + 1, height - 1);
      for (let k = 0; k < width; k++) {
        // Negative frequencies are the conjugates of positive ones.
        const sign = k < half ? 1 : -1;
        const from = (k < half ? k : width - k) * height;
        rowRe[k] = re[from + row] - sign * im[from + second];
        rowIm[k] = sign * im[from + row] + re[from + second];
      }
      alongRows.backward(rowRe, rowIm);
      for (let column = 0; column < width; column++) {
        result[at(row, column)] = rowRe[column];
        if (second !== row) result[at(second, column)] = rowIm[column];
      }
    }
  }
  return result;
}

function transformOf(length: number): Transform {
  const forward = (length & (length - 1)) === 0 ? powerOfTwo(length) : chirp(length);
  // The inverse is the transform with real and imaginary part exchanged.
  return { forward, backward: (re, im) => forward(im, re) };
}

function powerOfTwo(length: number): Transform["forward"] {
  const cosines = Float64Array.from({ length: length / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / length));
  const sines = Float64Array.from({ length: length / 2 }, (_, k) => Math.sin((2 * Math.PI * k) / length));
  const bits = Math.log2(length);
  const reversed = new Uint32Array(length);
  for (let i = 1; i < length; i++) reversed[i] = (reversed[i >> 1] >> 1) | ((i & 1) << (bits - 1));
  return (re, im) => {
    for (let i = 0; i < length; i++) {
      const j = reversed[i];
      if (j <= i) continue;
      const real = re[i];
      const imaginary = im[i];
      re[i] = re[j];
      im[i] = im[j];
      re[j] = real;
      im[j] = imaginary;
    }
    for (let size = 2; size <= length; size *= 2) {
      const half = size / 2;
      const step = length / size;
      for (let start = 0; start < length; start += size) {
        for (let k = 0; k < half; k++) {
          const low = start + k;
          const high = low + half;
          const c = cosines[k * step];
          const s = sines[k * step];
          const x = re[high] * c + im[high] * s;
          const y = im[high] * c - re[high] * s;
          re[high] = re[low] - x;
          im[high] = im[low] - y;
          re[low] += x;
          im[low] += y;
        }
      }
    }
  };
}

/** Any length as a convolution with a chirp (Bluestein 1970), which a power of two holds. */
function chirp(length: number): Transform["forward"] {
  const size = 2 ** Math.ceil(Math.log2(2 * length - 1));
  const transform = powerOfTwo(size);
  // k^2 modulo 2 n, as k^2 alone loses the digits that matter.
  const angles = Float64Array.from({ length }, (_, k) => (Math.PI * ((k * k) % (2 * length))) / length);
  const [cosines, sines] = [angles.map(Math.cos), angles.map(Math.sin)];
  const [kernelRe, kernelIm] = [new Float64Array(size), new Float64Array(size)];
  for (let k = 0; k < length; k++) {
    for (const at of k === 0 ? [0] : [k, size - k]) {
      kernelRe[at] = cosines[k];
      kernelIm[at] = sines[k];
    }
  }
  transform(kernelRe, kernelIm);
  const [workRe, workIm] = [new Float64Array(size), new Float64Array(size)];
  return (re, im) => {
    workRe.fill(0);
    workIm.fill(0);
    for (let k = 0; k < length; k++) {
      workRe[k] = re[k] * cosines[k] + im[k] * sines[k];
      workIm[k] = im[k] * cosines[k] - re[k] * sines[k];
    }
    transform(workRe, workIm);
    for (let k = 0; k < size; k++) {
      const real = workRe[k] * kernelRe[k] - workIm[k] * kernelIm[k];
      workIm[k] = workRe[k] * kernelIm[k] + workIm[k] * kernelRe[k];
      workRe[k] = real;
    }
    transform(workIm, workRe);
    for (let k = 0; k < length; k++) {
      const x = workRe[k] / size;
      const y = workIm[k] / size;
      re[k] = x * cosines[k] + y * sines[k];
      im[k] = y * cosines[k] - x * sines[k];
    }
  };
}
