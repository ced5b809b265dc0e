import type { Html } from "./html.ts";

export type Mark = "pass" | "partly" | "fail" | "none";

/** Strokes on 12 x 12 points: a tick, a tilde, a cross, a dash. */
const paths: Readonly<Record<Mark, string>> = {
  pass: "M2 6.5 4.8 9.3 10 3",
  partly: "M1.8 7.2c1.2-3 2.8-3 4.2-1.2s3 1.8 4.2-1.2",
  fail: "M2.8 2.8l6.4 6.4M9.2 2.8 2.8 9.2",
  none: "M2.5 6h7",
};

/** A small sign in the color of the text around it. */
export function markIcon(mark: Mark): Html {
  return {
    markup: `<svg class="mark" aria-hidden="true" width="12" height="12" viewBox="0 0 12 12"><path d="${paths[mark]}"/></svg>`,
  };
}
