/** The kernels of wide.ts, as the others import them, and whether they are there. */

/** Set once, before the first call of a kernel. */
export let wide: bool = false;

export function useWideKernels(): void {
  wide = true;
}

// @ts-ignore: decorator
@external("wide", "floatTile")
export declare function floatTile(a: usize, b: usize, depth: i32, c: usize, stride: usize): void;

// @ts-ignore: decorator
@external("wide", "addedFloatTile")
export declare function addedFloatTile(a: usize, b: usize, depth: i32, c: usize, stride: usize): void;

// @ts-ignore: decorator
@external("wide", "integerTile")
export declare function integerTile(a: usize, b: usize, depth: i32, c: usize, stride: usize): void;

// @ts-ignore: decorator
@external("wide", "addedIntegerTile")
export declare function addedIntegerTile(a: usize, b: usize, depth: i32, c: usize, stride: usize): void;
