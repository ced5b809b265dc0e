/** One array may take this much whatever is read (what archives may always be unpacked to), and so many times the size of an input. */
const [usualMb, timesInput] = [64, 256];

export interface AllocationGuard {
  /** From now on, arrays are measured against the size of an input, in bytes, and what they may always take. */
  expectFor(inputBytes: number, arrayMb?: number): void;
  /** What was too large since then. */
  tooLarge(): string | undefined;
}

/**
 * Watches the arrays that code makes in this process: memory that is asked for and not touched shows nowhere else. One that is too large for
 * its input is not made: a RangeError is thrown in its place, as by an engine without memory. Call it before the code is loaded.
 */
export function guardAllocations(): AllocationGuard {
  let most = Number.POSITIVE_INFINITY;
  let found: string | undefined;
  const check = (bytes: number, what: string) => {
    if (!(bytes > most)) return;
    found ??= `${what} of ${(bytes / 2 ** 20).toFixed(0)} MB for an input that justifies ${(most / 2 ** 20).toFixed(0)} MB`;
    throw new RangeError("Array buffer allocation failed");
  };
  const global: Record<string, unknown> = globalThis as never;
  for (const name of typedArrays) {
    const original = global[name] as Float32ArrayConstructor;
    const width = original.BYTES_PER_ELEMENT ?? 1;
    const watched: Float32ArrayConstructor = new Proxy(original, {
      construct(target, args: readonly unknown[], newTarget): object {
        const [first] = args;
        if (typeof first === "number") check(first * width, name);
        return Reflect.construct(target, args, newTarget === watched ? target : newTarget);
      },
    });
    global[name] = watched;
    // Code asks for the constructor of an array, and compares.
    Object.defineProperty(original.prototype, "constructor", { value: watched, configurable: true, writable: true });
  }
  for (const name of ["alloc", "allocUnsafe", "allocUnsafeSlow"] as const) {
    const original = Buffer[name];
    Buffer[name] = (size: number, ...rest: []) => {
      check(size, "Buffer");
      return original.call(Buffer, size, ...rest);
    };
  }
  return {
    expectFor(inputBytes, arrayMb = usualMb) {
      most = arrayMb * 2 ** 20 + timesInput * inputBytes;
      found = undefined;
    },
    tooLarge: () => found,
  };
}

const typedArrays = [
  "ArrayBuffer",
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
];
