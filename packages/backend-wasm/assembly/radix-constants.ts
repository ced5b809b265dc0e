/** Constants of radix 8 and 9, in memory: engines make constants of vectors at every use. */

/** sqrt(1/2); sin of a third of a circle; cosines and sines of 1, 2 and 4 ninths; -1/2. */
export const CONSTANTS = memory.data<f32>([
  0.7071067811865476, 0.8660254037844386, 0.766044443118978, 0.6427876096865393, 0.17364817766693041, 0.984807753012208,
  -0.9396926207859083, 0.3420201433256689, -0.5,
]);

// @ts-expect-error: decorator
@inline
export function constant(i: usize): v128 {
  return v128.load32_splat(CONSTANTS + (i << 2));
}
