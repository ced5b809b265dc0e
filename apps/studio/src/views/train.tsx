import type { JSX } from "preact";
export function TrainView(): JSX.Element {
  return <p>coming</p>;
}
