import { markdownTable } from "markdown-table";
import type { Examination, IndexNumbers, ModelError } from "./protocol.ts";

/** Of one model file, evaluated on two backends: how far relative errors may differ, as a part of the error. */
const evaluationTolerance = 1e-3;

/** Of the same model trained on two backends: rounding makes selections differ, and steps after them. */
const trainingTolerance = 0.05;

/** Largest deviations of every contract on every form, forward and gradient. */
export function contractTable(examinations: ReadonlyMap<string, Examination>): string {
  const forms = [...examinations];
  const first = forms[0]?.[1].contracts ?? [];
  const rows = first.map(({ contract, cases }) => [
    contract.replace(/^Saeno/, ""),
    String(cases),
    ...forms.map(([, { contracts }]) => {
      const result = contracts.find((each) => each.contract === contract);
      if (result === undefined) return "";
      const mark = result.failures.length > 0 ? ` (${result.failures.length} fail)` : "";
      return `${format(result.forward)} / ${format(result.gradient)}${mark}`;
    }),
  ]);
  return table([["contract", "cases", ...forms.map(([form]) => `${form}: forward / gradient`)], ...rows]);
}

/** Relative errors, a row for every model and backend it was trained on, a column for every backend it is evaluated on. */
export function modelTable(evaluations: ReadonlyMap<string, readonly ModelError[]>): string {
  const forms = [...evaluations];
  const rows = (forms[0]?.[1] ?? []).map(({ model, trainedOn }, row) => [
    model,
    trainedOn,
    ...forms.map(([, errors]) => errors[row]?.relativeError?.toFixed(5) ?? "failed"),
  ]);
  return table([["model", "trained on", ...forms.map(([form]) => `on ${form}`)], ...rows]);
}

/** How far the numbers of an index may differ, as a part of what they are where that is above 1. */
const indexTolerance = 1e-3;

/** The largest difference of an index of concepts from that of the first form, a row for every model. */
export function indexTable(examinations: ReadonlyMap<string, Examination>): string {
  const [[, first] = []] = examinations;
  const rows = (first?.indexes ?? []).map((own, row) => [
    own.model,
    ...[...examinations.values()].map(({ indexes }) => format(deviationOf(indexes[row], own))),
  ]);
  return table([["index of concepts", ...examinations.keys()], ...rows]);
}

function deviationOf(found: IndexNumbers | undefined, { numbers }: IndexNumbers): number | null {
  if (found?.numbers.length !== numbers.length || numbers.length === 0) return null;
  const deviations = numbers.map((wanted, i) => {
    const own = found.numbers[i];
    if (own.length !== wanted.length) return Number.POSITIVE_INFINITY;
    return Math.max(...wanted.map((value, j) => Math.abs(value - own[j]) / Math.max(1, Math.abs(value))));
  });
  const most = Math.max(...deviations);
  return Number.isFinite(most) ? most : null;
}

/** What deviates, a line each. */
export function faultsOf(
  examinations: ReadonlyMap<string, Examination>,
  evaluations: ReadonlyMap<string, readonly ModelError[]>,
): readonly string[] {
  const faults: string[] = [];
  for (const [form, { contracts }] of examinations) {
    for (const { contract, failures } of contracts)
      faults.push(...failures.map((failure) => `${form}: ${contract}, ${failure}`));
  }
  const [[firstForm, first] = ["", undefined]] = examinations;
  for (const [form, { models }] of examinations) {
    for (const [at, { model, relativeError, failure }] of models.entries()) {
      const there = first?.models[at]?.relativeError;
      if (failure !== undefined) faults.push(`${form}: ${model} cannot be trained here: ${failure}`);
      else if (differ(relativeError, there, trainingTolerance))
        faults.push(`${form}: ${model} trained here ends at ${relativeError}, on ${firstForm} at ${there}`);
    }
  }
  for (const [form, { indexes }] of examinations) {
    for (const [at, own] of (first?.indexes ?? []).entries()) {
      const { failure } = indexes[at] ?? {};
      const deviation = deviationOf(indexes[at], own);
      if (failure !== undefined) faults.push(`${form}: concepts of ${own.model} cannot be indexed here: ${failure}`);
      else if (deviation === null || deviation > indexTolerance)
        faults.push(
          `${form}: the index of concepts of ${own.model} differs from that on ${firstForm} by ${format(deviation)}`,
        );
    }
  }
  const [reference] = evaluations.values();
  for (const [form, errors] of evaluations) {
    for (const [at, { model, trainedOn, relativeError, failure }] of errors.entries()) {
      const there = reference?.[at]?.relativeError;
      const which = `${form}: ${model} trained on ${trainedOn}`;
      if (failure !== undefined) faults.push(`${which} cannot be evaluated here: ${failure}`);
      else if (differ(relativeError, there, evaluationTolerance))
        faults.push(`${which} has an error of ${relativeError} here, of ${there} on ${firstForm}`);
    }
  }
  return faults;
}

/** The first of them, and how many there are. */
export function listOf(faults: readonly string[]): string {
  const shown = faults.slice(0, 20);
  const rest = faults.length > shown.length ? [`.. and ${faults.length - shown.length} more (--json has all)`] : [];
  return [`${faults.length} faults:`, ...shown, ...rest].join("\n  ");
}

function differ(error: number | null, reference: number | null | undefined, tolerance: number): boolean {
  const [a, b] = [error ?? Number.NaN, reference ?? Number.NaN];
  return !(Math.abs(a - b) <= tolerance * b);
}

function format(deviation: number | null): string {
  if (deviation === null) return "infinite";
  return deviation === 0 ? "0" : deviation.toExponential(1);
}

function table(rows: readonly (readonly string[])[]): string {
  const columns = rows[0]?.length ?? 0;
  return markdownTable(rows, { align: Array.from({ length: columns }, (_, i) => (i === 0 ? "l" : "r")) });
}
