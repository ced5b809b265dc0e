import type { JSX } from "preact";
import { navigate } from "../state/address.ts";

/** Points on the first axis: from half the grid of the data to four times as many. Others keep their proportion. */
export function ResolutionSlider({
  grid,
  points,
}: {
  readonly grid: readonly number[];
  readonly points: number;
}): JSX.Element {
  const own = grid[0] ?? 1;
  const set = (value: number, replace: boolean) => navigate({ points: value === own ? undefined : value }, { replace });
  return (
    <label class="row">
      Resolution{" "}
      <input
        type="range"
        min={Math.ceil(own / 2)}
        max={4 * own}
        step={Math.max(1, Math.round(own / 8))}
        value={points}
        onInput={({ currentTarget }) => set(Number(currentTarget.value), true)}
      />
      <output>{points}</output>
      {points !== own && (
        <button type="button" class="quiet" onClick={() => set(own, false)}>
          back to {own}
        </button>
      )}
    </label>
  );
}
