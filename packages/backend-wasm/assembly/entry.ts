/**
 * How many vectors the entries of transforms have: a type, so that code for one and for two, which V8 joins in the module of wide.ts, is written once. `offsetof`
 * of it are the bytes of as many real parts; of complex entries the imaginary parts follow.
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

/** Bytes of a complex entry. */
// @ts-expect-error: decorator
@inline
export function entryBytes<T>(): usize {
  return offsetof<T>() << 1;
}

/** Whether entries are pairs of vectors. */
// @ts-expect-error: decorator
@inline
export function arePairs<T>(): bool {
  return offsetof<T>() == offsetof<Two>();
}
