/** `|a - b| / |a|`; of nothing `|b|`. */
export function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [differences, squares] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    differences += (a[i] - b[i]) ** 2;
    squares += a[i] ** 2;
  }
  return Math.sqrt(differences / (squares || 1));
}
