import { barY, ruleY } from "@observablehq/plot";
import type { IndexedConcept } from "@saeno/inspect";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { formatNumber } from "../../parts/numbers.ts";
import { type DescribedPlot, Plot } from "../../parts/plot.tsx";

/** Energies of the samples that are shown. */
export type EnergyRange = readonly [from: number, to: number];

/** How much of a concept samples have; two sliders choose which are shown. */
export function EnergyPlot({
  known: { histogram, concept, count },
  range: [from, to],
  onRange,
}: {
  readonly known: IndexedConcept;
  readonly range: EnergyRange;
  readonly onRange: (range: EnergyRange) => void;
}): JSX.Element | null {
  const { edges, counts } = histogram;
  const options = useMemo<DescribedPlot>(() => {
    const bins = counts.map((count, i) => ({ count, from: edges[i] ?? 0 }));
    const isChosen = (bin: { readonly from: number }) => bin.from >= from && bin.from < to;
    return {
      ariaLabel: `Histogram of the energy of concept ${concept}`,
      height: 140,
      marginBottom: 34,
      marginLeft: 36,
      x: {
        label: "energy where it is active",
        type: "band",
        domain: bins.map((bin) => bin.from),
        tickFormat: formatNumber,
      },
      y: { label: "samples", grid: true, ticks: 4 },
      marks: [
        ruleY([0]),
        barY(bins, {
          x: "from",
          y: "count",
          fill: (bin: { from: number }) => (isChosen(bin) ? "var(--model-0)" : "var(--rule)"),
        }),
      ],
    };
  }, [counts, edges, from, to, concept]);
  if (count === 0) return null;
  const last = edges.length - 1;
  const slider = (label: string, value: number, set: (index: number) => void) => (
    <input
      type="range"
      min="0"
      max={last}
      value={value}
      aria-label={label}
      onInput={({ currentTarget }) => set(Number(currentTarget.value))}
    />
  );
  const first = Math.max(0, edges.indexOf(from));
  const end = edges.indexOf(to) < 0 ? last : edges.indexOf(to);
  return (
    <figure>
      <Plot options={options} name={`energy-of-concept-${concept}`} numbers={histogram} />
      {counts.length > 1 && (
        <div class="brush">
          {slider("Least energy shown", first, (index) => onRange([index === 0 ? 0 : (edges[index] ?? 0), to]))}
          {slider("Most energy shown", end, (index) =>
            onRange([from, index === last ? Number.POSITIVE_INFINITY : (edges[index] ?? 0)]),
          )}
        </div>
      )}
      <figcaption>The sliders choose which samples are shown below.</figcaption>
    </figure>
  );
}
