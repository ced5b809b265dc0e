/**
 * How threads share one operation. Every thread calls the same exported function
 * `(block, thread, threads, scratch)`; `block` starts with the operation's arguments, 32-bit words.
 * The main thread (src/runtime/thread-pool.ts) clears the counters before it wakes the others.
 */
import { ARRIVED, AWAKE, BARRIER, CLOSED, COUNTERS, FAILED, MEMBERS, STATUS } from "./layout";

export { FOUND_NAN, UNBOUNDED } from "./layout";

/** Argument i as an integer. */
// @ts-expect-error: decorator
@inline
export function int(block: usize, i: i32): i32 {
  return load<i32>(block + (<usize>i << 2));
}

/** Argument i as an address. */
// @ts-expect-error: decorator
@inline
export function address(block: usize, i: i32): usize {
  return <usize>load<u32>(block + (<usize>i << 2));
}

/** Argument i as a float. */
// @ts-expect-error: decorator
@inline
export function float(block: usize, i: i32): f32 {
  return load<f32>(block + (<usize>i << 2));
}

/** The next item that no thread has taken; counters 0 to 15, one for each phase of the operation. */
// @ts-expect-error: decorator
@inline
export function next(block: usize, counter: i32): i32 {
  return atomic.add<i32>(block + COUNTERS + (<usize>counter << 6), 1);
}

/**
 * How many threads take part, known after the first barrier. A worker that is late does not hold up the others: it may join until
 * one thread has reached a barrier or the caller has done all there was to do. Threads are numbered in the order in which they join.
 */
// @ts-ignore: decorator
@inline
export function participants(block: usize): i32 {
  return ((atomic.load<i32>(block + MEMBERS) >> 8) & 255) + 1;
}

/**
 * Sleeps for at most a millisecond, until the word at an address is no longer `expected`: Atomics.wait of JavaScript. After WebAssembly's own
 * instruction, code of V8's baseline compiler goes on with wrong locals (V8 11.3): threads left the barrier early, or never.
 */
// @ts-ignore: decorator
@external("env", "sleep")
declare function sleep(address: usize, expected: i32): void;

/** Waits until all who take part are here, or one has failed. Spins a little, then sleeps where that is allowed. */
export function barrier(block: usize): void {
  atomic.or<i32>(block + MEMBERS, CLOSED);
  const all = participants(block);
  if (all == 1) return;
  const generation = block + BARRIER;
  const arrived = block + ARRIVED;
  const before = atomic.load<i32>(generation);
  if (atomic.add<i32>(arrived, 1) == all - 1) {
    atomic.store<i32>(arrived, 0);
    atomic.add<i32>(generation, 1);
    atomic.notify(generation, -1);
    return;
  }
  const maySleep = load<i32>(block + AWAKE) == 0;
  let spins = 0;
  while (atomic.load<i32>(generation) == before && (atomic.load<i32>(block + STATUS) & FAILED) == 0) {
    if (++spins > 20000 && maySleep) sleep(generation, before);
  }
}

/** Reports a finding to the caller: bits of the status word. */
// @ts-expect-error: decorator
@inline
export function report(block: usize, bits: i32): void {
  atomic.or<i32>(block + STATUS, bits);
}
