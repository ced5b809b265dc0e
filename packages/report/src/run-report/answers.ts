/** Questions that a reader of numbers should ask, and what a model answers. */
import { mean } from "d3-array";
import type { ReportModel } from "../data/report-data.ts";
import { formatCount, formatNumber, formatShare } from "../page/numbers.ts";
import { budgetOf, numbersOfSample, type SampleSizes, useOf } from "./code-use.ts";

/** What was found about a question, and how it looks: fine, worth a look, or bad; none where it is only said. */
export interface Finding {
  readonly text: string;
  readonly look?: "pass" | "partly" | "fail";
  /** What stands behind it, and what to do, a sentence each. */
  readonly notes?: readonly (string | false | undefined)[];
}

/** A question that a reader of numbers should ask; no answer where a model gives none. */
interface Question {
  readonly asks: string;
  answer(model: TrustedModel): Finding | undefined;
}

/** What is known of a model that says whether its numbers can be trusted. */
export type TrustedModel = SampleSizes & Pick<ReportModel, "history" | "training" | "warnings">;

/** The questions that any of the models answers, with a finding of each that does. */
export function answersFor(
  models: readonly TrustedModel[],
): readonly { readonly asks: string; readonly findings: readonly (Finding | undefined)[] }[] {
  return questions
    .map(({ asks, answer }) => ({ asks, findings: models.map(answer) }))
    .filter(({ findings }) => findings.some((finding) => finding !== undefined));
}

/** In fewer samples a concept that one sample in a hundred uses may well be missing. */
const fewSamples = 300;

const questions: readonly Question[] = [
  {
    asks: "Better than the mean?",
    answer({ evaluation: { baselines } }) {
      if (baselines === undefined) return undefined;
      const { model, mean, samples, trainingSamples } = baselines;
      return {
        text: `${formatNumber(model)} against ${formatNumber(mean)}`,
        look: model < 0.9 * mean ? "pass" : model < mean ? "partly" : "fail",
        notes: [
          `Relative errors on ${formatCount(samples, "held-out sample")}; the mean is that of ${formatCount(trainingSamples, "training sample")}.`,
        ],
      };
    },
  },
  {
    asks: "Better than PCA with as many numbers?",
    answer({ evaluation: { baselines } }) {
      if (baselines === undefined) return undefined;
      const { model, pca, components, codeEntries, trainingSamples } = baselines;
      const wanted = Math.round(codeEntries);
      return {
        text: `${formatNumber(model)} against ${formatNumber(pca)}`,
        look: model < pca ? "pass" : "partly",
        notes: [
          `PCA with ${formatCount(components, "component")} of ${formatCount(trainingSamples, "training sample")}${
            components < wanted ? `, the most that were found: a code has ${formatNumber(wanted)} numbers` : ""
          }.`,
          model >= pca && "A sparse code gives up error for concepts that can be read: is that what was gained?",
        ],
      };
    },
  },
  {
    asks: "Which error can it not undercut?",
    answer({ evaluation: { lowPassError: floor, relativeError } }) {
      if (floor === undefined) return undefined;
      const share = (floor / relativeError) ** 2;
      return {
        text: `a floor of ${formatNumber(floor)}`,
        look: share > 0.5 ? "partly" : "pass",
        notes: [
          `The error of samples without the frequencies that the model drops; ${formatShare(Math.min(1, share))} of its squared error.`,
          share > 0.5 && "More --modes lower it.",
        ],
      };
    },
  },
  {
    asks: "As good on new samples?",
    answer({ evaluation: { baselines, trainError } }) {
      if (baselines === undefined || trainError === undefined) return undefined;
      const ratio = baselines.model / trainError.relativeError;
      return {
        text: `${formatNumber(trainError.relativeError)} trained on, ${formatNumber(baselines.model)} held out`,
        look: ratio > 1.5 ? "fail" : ratio > 1.1 ? "partly" : "pass",
        notes: [
          `On ${formatNumber(trainError.samples)} and ${formatCount(baselines.samples, "sample")}.`,
          ratio > 1.1 &&
            "It knows its training samples better than new ones: more samples, fewer --concepts or fewer --steps.",
        ],
      };
    },
  },
  {
    asks: "Are its concepts used?",
    answer({ evaluation, history = [], training }) {
      const { utilization, dead, samples } = evaluation;
      const [share, last] = [dead / utilization.length, history.at(-1)];
      const { alwaysOn: always, selective } = useOf({ evaluation });
      const remedies = training?.remedies ?? [];
      return {
        text: `${formatNumber(dead)} of ${formatNumber(utilization.length)} dead (${formatShare(share)})`,
        look: share > 0.5 ? "fail" : share > 0.1 || selective < 0.5 ? "partly" : "pass",
        notes: [
          `Active in none of the ${formatCount(samples, "sample")}${
            last?.deadConcepts === undefined || last.deadAfter === undefined
              ? ""
              : `; at the end of training ${formatNumber(last.deadConcepts)} in none of the last ${formatNumber(last.deadAfter)}`
          }.`,
          `Of those in use ${formatShare(selective)} are selective: active in 1 to 60% of the samples.`,
          samples < fewSamples && "So few that rarely used concepts look dead.",
          share > 0.1 &&
            `Remedies: ${[...remedies, "fewer --concepts"].join(", ")}; what they achieve and cost: docs/dead-concepts.md.`,
          2 * always > utilization.length - dead &&
            `${formatNumber(always)} of those in use ${always === 1 ? "is" : "are"} active in more than 90% of the samples: a fixed basis more than a choice of concepts.`,
        ],
      };
    },
  },
  {
    asks: "What does a code cost?",
    answer(model) {
      const { codeEntries } = model.evaluation;
      const share = budgetOf(model);
      if (!Number.isFinite(codeEntries)) return undefined;
      return {
        text: `a budget of ${formatShare(share)}: ${formatNumber(codeEntries)} numbers for ${formatNumber(numbersOfSample(model))}`,
        look: share < 0.1 ? "pass" : share < 0.5 ? "partly" : "fail",
        notes: [
          "Nonzero entries of a code, on average, against the numbers of a sample; each entry also has to say where it is.",
          share >= 0.1 && "Lower --budget or, for vectors, --active.",
        ],
      };
    },
  },
  {
    asks: "Was training finished?",
    answer({ training }) {
      if (training === undefined) return undefined;
      const { steps, stepsAsked, interrupted, learningRate, lateFall } = training;
      const rate = learningRate === undefined ? "" : `, learning rate ${formatNumber(learningRate)} at the end`;
      const falling = lateFall !== undefined && lateFall > 0.01;
      return {
        text: `${formatNumber(steps)} of ${formatNumber(stepsAsked)} steps${rate}`,
        look: interrupted ? "fail" : falling ? "partly" : "pass",
        notes: [
          interrupted && "It was interrupted: the model is from that moment.",
          lateFall !== undefined &&
            (falling
              ? `The error was still falling: ${formatShare(lateFall)} lower in the last tenth of the steps than in the tenth before. More --steps.`
              : "The error hardly fell over the last fifth of the steps."),
        ],
      };
    },
  },
  {
    asks: "Would another seed say the same?",
    answer({ training, evaluation: { stability = [] } }) {
      const alike = mean(stability, ({ weighted }) => weighted);
      if (alike !== undefined) {
        const free = mean(stability, ({ untrained }) => untrained) ?? 0;
        return {
          text: `stability ${formatNumber(alike)} against ${formatCount(stability.length, "run")}`,
          look: alike < Math.max(0.5, free) ? "fail" : alike < 0.7 ? "partly" : "pass",
          notes: [
            `How alike concepts are at their best shift, weighted by energy; 1 means the same ones, and untrained models have ${formatNumber(free)}.`,
            alike < 0.7 && "Concepts that another run does not find again say more about this run than about the data.",
          ],
        };
      }
      if (training === undefined) return undefined;
      const { seed, moreSeeds } = training;
      return {
        text: `not known: one run${seed === undefined ? "" : `, seed ${seed}`}`,
        notes: [
          moreSeeds === undefined
            ? "Train with other seeds for the spread."
            : `For the spread, in the folder of this run: ${moreSeeds}`,
        ],
      };
    },
  },
  {
    asks: "Is the data as it should be?",
    answer: ({ warnings = [] }) =>
      warnings.length === 0
        ? undefined
        : { text: formatCount(warnings.length, "warning"), look: "partly", notes: warnings },
  },
];
