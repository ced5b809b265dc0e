import type { JSX } from "preact";
import type { RunInfo } from "../../engine/run-session.ts";
import { formatShare } from "../../parts/numbers.ts";
import { address, navigate } from "../../state/address.ts";

/** More or fewer concepts, on more or less of the domain: the sample is encoded again. */
export function SparsitySliders({ info: { sparsity, conceptCount } }: { readonly info: RunInfo }): JSX.Element | null {
  const { active, density } = address.value;
  if (sparsity === undefined) return null;
  const isOwn = active === undefined && density === undefined;
  return (
    <div class="row">
      <label>
        Concepts{" "}
        <input
          type="range"
          min="1"
          max={Math.min(conceptCount, 4 * sparsity.active)}
          value={active ?? sparsity.active}
          onInput={({ currentTarget }) => navigate({ active: Number(currentTarget.value) }, { replace: true })}
        />{" "}
        <output>{active ?? sparsity.active}</output>
      </label>
      {sparsity.density !== undefined && (
        <label>
          Share of the domain{" "}
          <input
            type="range"
            min="-3"
            max="3"
            step="0.25"
            value={Math.log2((density ?? sparsity.density) / sparsity.density)}
            onInput={({ currentTarget }) =>
              navigate(
                { density: Math.min(1, (sparsity.density ?? 0) * 2 ** Number(currentTarget.value)) },
                { replace: true },
              )
            }
          />{" "}
          <output>{formatShare(density ?? sparsity.density)}</output>
        </label>
      )}
      {isOwn ? (
        <small>as trained</small>
      ) : (
        <button type="button" class="quiet" onClick={() => navigate({ active: undefined, density: undefined })}>
          as trained
        </button>
      )}
    </div>
  );
}
