import type { HistogramsPlot } from "@saeno/experiments";
import { conceptsInUse, deadConcepts, statisticsOf } from "@saeno/metrics";
import { max } from "d3-array";
import type { ReportModel } from "../data/report-data.ts";
import { largestMagnitude } from "../pictures/plane.ts";
import { defineSection, plotsBody, type ReportSection } from "./section.ts";

export const distributions: ReportSection = defineSection({
  kind: "distributions",
  summary: "How the atoms are distributed: Hoyer scores and cosines.",
  draw({ models }) {
    const plots = [hoyerPlot(models), cosinePlot(models)].filter(({ groups }) =>
      groups.some(({ values }) => values.some(Number.isFinite)),
    );
    const body = plotsBody(models, plots);
    if (body === undefined) return undefined;
    return {
      title: "Shape and correlation of atoms",
      reading:
        "For concepts in use and, separately, for dead ones, which are nearly as they started. The Hoyer score says how concentrated an atom is; only its distance from the score of noise means something. Similar atoms have cosines near ±1; a wider histogram means a dictionary that tolerates related concepts.",
      body,
    };
  },
});

type StatisticsOf = Pick<ReportModel, "name" | "atomStatistics" | "evaluation">;

/** The statistics of the concepts of each model that are in use, and of those that are dead, where there are any. */
function groupsOf(models: readonly StatisticsOf[]) {
  return models.flatMap((model) => {
    const [inUse, dead] = [inUseStatistics(model), deadStatistics(model)];
    return [
      { name: model.name, statistics: inUse },
      ...(dead.hoyer.length > 0 ? [{ name: `${model.name}, dead`, statistics: dead }] : []),
    ];
  });
}

/** The statistics of the atoms of concepts in use. */
export function inUseStatistics({ atomStatistics, evaluation }: StatisticsOf): ReportModel["atomStatistics"] {
  return statisticsOf(atomStatistics, conceptsInUse(evaluation));
}

/** The statistics of the atoms of dead concepts. */
export function deadStatistics({ atomStatistics, evaluation }: StatisticsOf): ReportModel["atomStatistics"] {
  return statisticsOf(atomStatistics, deadConcepts(evaluation));
}

/** The Hoyer scores of the atoms of each model, with the score of Gaussian noise. */
export function hoyerPlot(models: readonly StatisticsOf[]): HistogramsPlot {
  const groups = groupsOf(models);
  return {
    kind: "histograms",
    title: "Hoyer scores of atoms",
    label: "Hoyer score",
    groups: groups.map(({ name, statistics: { hoyer } }) => ({ name, values: hoyer })),
    references: models.map(({ name, atomStatistics: { hoyerBaseline } }) => ({
      name: models.length > 1 ? `noise, for ${name}` : "noise",
      x: hoyerBaseline,
      group: name,
    })),
    domain: [0, 1],
    bins: 50,
  };
}

/** The cosines between all pairs of atoms of each model. */
export function cosinePlot(models: readonly StatisticsOf[]): HistogramsPlot {
  const groups = groupsOf(models).map(({ name, statistics: { cosines } }) => ({ name, values: cosines }));
  const reach = max(groups, ({ values }) => largestMagnitude(values)) ?? 0;
  const limit = Math.min(1, Math.ceil(10 * reach) / 10) || 1;
  const label = "cosine between two atoms";
  return { kind: "histograms", title: "Cosines between atoms", label, groups, domain: [-limit, limit], bins: 61 };
}
