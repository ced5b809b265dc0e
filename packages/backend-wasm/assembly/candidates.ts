/**
 * Lists of the candidates of a row, one for each thread: what may be among its k largest. Kept in the order of the concepts, so that of equal
 * values the lower index comes first.
 */
import { selectLargest } from "./select";

/** A list: how many there are, the threshold, then values and, `capacity` entries after them, concepts, ascending. */
// @ts-expect-error: decorator
@inline
export function listSize(capacity: i32): usize {
  return 16 + (<usize>capacity << 3);
}

// @ts-expect-error: decorator
@inline
export function listCount(list: usize): i32 {
  return load<i32>(list);
}

// @ts-expect-error: decorator
@inline
export function listThreshold(list: usize): f32 {
  return load<f32>(list, 4);
}

// @ts-expect-error: decorator
@inline
export function listValues(list: usize): usize {
  return list + 16;
}

// @ts-expect-error: decorator
@inline
export function listConcepts(list: usize, capacity: i32): usize {
  return list + 16 + (<usize>capacity << 2);
}

/**
 * Merges a row's lists, `step` bytes apart, in the order of the concepts: values to `target`, concepts `lists * capacity` entries
 * after them. Leaves out what cannot be among the k largest. Returns how many there are.
 */
export function merge(list: usize, step: usize, lists: i32, capacity: i32, target: usize): i32 {
  let threshold: f32 = 0;
  for (let t = 0; t < lists; t++) threshold = max(threshold, listThreshold(list + <usize>t * step));
  const apart = <usize>(lists * capacity) << 2;
  const cursors = target + 2 * apart;
  for (let t = 0; t < lists; t++) store<i32>(cursors + (<usize>t << 2), 0);
  let count = 0;
  while (true) {
    let lowest = i32.MAX_VALUE;
    let from = 0;
    for (let t = 0; t < lists; t++) {
      const each = list + <usize>t * step;
      const cursor = load<i32>(cursors + (<usize>t << 2));
      if (cursor >= listCount(each)) continue;
      const concept = load<i32>(listConcepts(each, capacity) + (<usize>cursor << 2));
      if (concept < lowest) {
        lowest = concept;
        from = t;
      }
    }
    if (lowest == i32.MAX_VALUE) break;
    const cursor = load<i32>(cursors + (<usize>from << 2));
    const value = load<f32>(listValues(list + <usize>from * step) + (<usize>cursor << 2));
    store<i32>(cursors + (<usize>from << 2), cursor + 1);
    if (value < threshold) continue;
    store<f32>(target + (<usize>count << 2), value);
    store<i32>(target + apart + (<usize>count << 2), lowest);
    count++;
  }
  return count;
}

/** Writes the k largest of merged candidates; where they are fewer, zeros at the lowest concepts that are none. */
export function finish(candidates: usize, count: i32, capacity: i32, k: i32, concepts: usize, values: usize): void {
  const found = candidates + (<usize>capacity << 2);
  if (count > k) {
    if (!selectLargest(candidates, count, k, concepts, candidates + (<usize>capacity << 3))) return;
    for (let i: usize = 0, end = <usize>k << 2; i < end; i += 4) {
      const place = <usize>load<i32>(concepts + i) << 2;
      store<f32>(values + i, load<f32>(candidates + place));
      store<i32>(concepts + i, load<i32>(found + place));
    }
    return;
  }
  let zeros = k - count;
  let free = 0;
  let taken = 0;
  for (let i: usize = 0, end = <usize>k << 2; i < end; i += 4) {
    const concept = taken < count ? load<i32>(found + (<usize>taken << 2)) : i32.MAX_VALUE;
    if (zeros > 0 && free < concept) {
      store<i32>(concepts + i, free++);
      store<f32>(values + i, 0);
      zeros--;
    } else {
      store<i32>(concepts + i, concept);
      store<f32>(values + i, load<f32>(candidates + (<usize>taken << 2)));
      taken++;
      free = concept + 1;
    }
  }
}
