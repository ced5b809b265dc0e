/** The kernels of wide.ts, as the others import them, and whether they are there. */

export let wide: bool = false;

/** Called once, before the first call of a kernel. */
export function useWideKernels(yes: bool): void {
  wide = yes;
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

// @ts-ignore: decorator
@external("wide", "twiceFoldedBlock")
export declare function twiceFoldedBlock(
  a: usize,
  strideA: usize,
  y: usize,
  strideY: usize,
  table: usize,
  h: i32,
  N: i32,
  n: i32,
  scratch: usize,
): void;

// @ts-ignore: decorator
@external("wide", "twiceFoldedPair")
export declare function twiceFoldedPair(
  a: usize,
  strideA: usize,
  y: usize,
  strideY: usize,
  table: usize,
  h: i32,
  N: i32,
  n: i32,
  scratch: usize,
): void;

// @ts-ignore: decorator
@external("wide", "foldedBlock")
export declare function foldedBlock(
  a: usize,
  strideA: usize,
  y: usize,
  strideY: usize,
  table: usize,
  h: i32,
  N: i32,
  n: i32,
  scratch: usize,
): void;

// @ts-ignore: decorator
@external("wide", "foldedPair")
export declare function foldedPair(
  a: usize,
  strideA: usize,
  y: usize,
  strideY: usize,
  table: usize,
  h: i32,
  N: i32,
  n: i32,
  scratch: usize,
): void;

// @ts-ignore: decorator
@external("wide", "analyzedRows")
export declare function analyzedRows(p: usize, folded: usize, points: i32, w: usize, tableStep: usize, row: usize, skip: usize): void;

// @ts-ignore: decorator
@external("wide", "foldPoints")
export declare function foldPoints(a: usize, b: usize, c: usize, d: usize, to: usize, width: usize, end: usize): void;

// @ts-ignore: decorator
@external("wide", "correlateSpectra")
export declare function correlateSpectra(
  xRe: usize,
  xIm: usize,
  eRe: usize,
  eIm: usize,
  channels: i32,
  row: usize,
  zRe: usize,
  zIm: usize,
  bytes: usize,
  add: bool,
): void;

// @ts-ignore: decorator
@external("wide", "decodeSpectra")
export declare function decodeSpectra(
  zRe: usize,
  zIm: usize,
  dRe: usize,
  dIm: usize,
  stride: usize,
  concepts: usize,
  end: usize,
  row: usize,
  xRe: usize,
  xIm: usize,
  bytes: usize,
): void;

// @ts-ignore: decorator
@external("wide", "accumulateSpectra")
export declare function accumulateSpectra(
  pRe: usize,
  pIm: usize,
  qRe: usize,
  qIm: usize,
  uses: usize,
  end: usize,
  toRe: usize,
  toIm: usize,
  bytes: usize,
  add: bool,
): void;

// @ts-ignore: decorator
@external("wide", "correlateFourPairs")
export declare function correlateFourPairs(
  xRe: usize,
  xIm: usize,
  step: usize,
  eRe: usize,
  eIm: usize,
  channels: i32,
  zRe: usize,
  zIm: usize,
  zStep: usize,
  add: bool,
): void;

// @ts-ignore: decorator
@external("wide", "convEnergiesOfTwo")
export declare function convEnergiesOfTwo(block: usize, scratch: usize): void;

// @ts-ignore: decorator
@external("wide", "wideFourLines")
export declare function wideFourLines(x: usize, count: i32, stream: usize, length: i32, y: usize, stride: usize): void;

// @ts-ignore: decorator
@external("wide", "gridEnergiesOfTwo")
export declare function gridEnergiesOfTwo(block: usize, scratch: usize): void;

// @ts-ignore: decorator
@external("wide", "addPoints")
export declare function addPoints(values: usize, positions: usize, end: usize, share: f32, N: u32, row: usize, lines: usize, table: usize): void;

// @ts-ignore: decorator
@external("wide", "addFourRows")
export declare function addFourRows(at: usize, to: usize, bytes: usize, more: bool): void;

// @ts-ignore: decorator
@external("wide", "scalePairs")
export declare function scalePairs(x: usize, factors: usize, y: usize, bytes: usize): void;

// @ts-ignore: decorator
@external("wide", "eighthPoint")
export declare function eighthPoint(a: usize, strideA: usize, y: usize, strideY: usize, table: usize, h: i32, N: i32, bytes: usize): void;

// @ts-ignore: decorator
@external("wide", "samplePoints")
export declare function samplePoints(positions: usize, end: usize, N: u32, row: usize, lines: usize, table: usize, to: usize): void;

// @ts-ignore: decorator
@external("wide", "addRowsOfPairs")
export declare function addRowsOfPairs(to: usize, toStep: usize, from: usize, step: usize, rows: i32, bytes: usize, value: f32): void;
