/**
 * Entries of transforms: vectors of real parts, then as many of imaginary parts. How many is a type, so that code for one (a vector of each) and for two, which
 * V8 joins in the module of wide.ts, is written once: `offsetof` of it are the bytes before the imaginary parts.
 */

@unmanaged
export class One {
  a: u64;
  b: u64;
}

@unmanaged
export class Two {
  a: u64;
  b: u64;
  c: u64;
  d: u64;
}

// @ts-expect-error: decorator
@inline
export function entryBytes<T>(): usize {
  return offsetof<T>() << 1;
}
