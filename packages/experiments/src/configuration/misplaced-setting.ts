import type { RunConfig } from "./run-config.ts";

/** Settings that only some models have: which, and what makes them count. */
const needs: readonly {
  readonly settings: readonly (keyof RunConfig)[];
  readonly when: (config: RunConfig) => boolean;
  readonly what: string;
}[] = [
  {
    settings: ["iterations"],
    when: ({ encoder }) => encoder === "unrolled" || encoder === "matching-pursuit",
    what: "--encoder unrolled or matching-pursuit",
  },
  {
    settings: ["stepSize", "learnStepSize", "momentum", "gradient", "residual"],
    when: ({ encoder }) => encoder === "unrolled",
    what: "--encoder unrolled",
  },
  {
    settings: ["liftingStart", "liftingTied", "liftingLearned"],
    when: ({ lifting }) => lifting !== undefined,
    what: "--lifting",
  },
  {
    settings: ["threshold"],
    when: ({ activation, encoder, conceptRule, domainRule }) =>
      encoder === "unrolled" ||
      ["jumprelu", "hard-threshold", "soft-threshold"].includes(String(activation)) ||
      [conceptRule, domainRule].includes("threshold"),
    what: "--activation jumprelu, hard-threshold or soft-threshold, --encoder unrolled, or a rule that is a threshold",
  },
  {
    settings: ["bandwidth"],
    when: ({ activation, conceptRule, domainRule }) =>
      activation === "jumprelu" || [conceptRule, domainRule].includes("threshold"),
    what: "--activation jumprelu, or a rule that is a threshold",
  },
  {
    settings: ["oneSided"],
    when: ({ activation, encoder }) =>
      activation === "hard-threshold" || (encoder === "unrolled" && activation === undefined),
    what: "--activation hard-threshold",
  },
  {
    settings: ["conceptRule", "domainRule"],
    when: ({ model, activation }) => model !== "mlp" && (activation === undefined || activation === "map-sparsity"),
    what: "--activation map-sparsity, for feature maps",
  },
];

/** What is wrong with a setting that would not be used; nothing where all are. */
export function misplacedSetting(config: RunConfig): string | undefined {
  for (const { settings, when, what } of needs) {
    const given = settings.find((name) => config[name] !== undefined);
    if (given !== undefined && !when(config)) {
      return `--${flagName(given)} has no effect here: it goes with ${what}.`;
    }
  }
  return undefined;
}

/** `stepSize` as it is written on the command line, `step-size`. */
export function flagName(setting: string): string {
  return setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
