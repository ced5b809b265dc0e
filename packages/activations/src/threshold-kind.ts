/** Elementwise thresholds at lambda (SPEC 4, 5): `u 1(|u| > lambda)`, `u 1(u > lambda)`, `sign(u) max(|u| - lambda, 0)`. */
export type ThresholdKind = "hard" | "one-sided" | "soft";
