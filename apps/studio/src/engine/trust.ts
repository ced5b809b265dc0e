import { trainingEnd } from "@saeno/experiments";
import { answersFor, type Finding } from "@saeno/report/parts";
import type { RunInfo } from "./run-session.ts";

export type Answers = readonly { readonly asks: string; readonly finding: Finding }[];

/** What to know before believing the numbers of a run; nothing where it was not evaluated. */
export function trustOf({ evaluation, history, config, conceptCount, grid, channels }: RunInfo): Answers {
  if (evaluation === undefined) return [];
  const atoms = { shape: [conceptCount, ...grid, channels] };
  const model = { evaluation, history, atoms, ...(config && { training: trainingEnd(config, history) }) };
  return answersFor([model]).flatMap(({ asks, findings: [finding] }) =>
    finding === undefined ? [] : [{ asks, finding }],
  );
}
