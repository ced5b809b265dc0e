/** What is examined on a backend, in Node and in browsers alike. */
import { type BackendPlugin, useBackend } from "@saeno/backend";
import { type ConformanceResult, conformanceCases, sampleOfCases } from "@saeno/backend/conformance";
import type { SparseAutoencoder } from "@saeno/core";
import { subset } from "@saeno/datasets";
import { indexConcepts } from "@saeno/inspect";
import { evaluate } from "@saeno/metrics";
import { decodeModel, encodeModel, train } from "@saeno/training";
import type { Answer, ContractResult, Examination, IndexNumbers, ModelError, SavedModel, Task } from "./protocol.ts";
import { type SmallModel, smallData, smallModels } from "./small-models.ts";

/** Deviations above this are faults. */
const tolerance = 1e-4;

/** Does a task on a backend; tells of its progress. */
export async function answer(task: Task, plugin: BackendPlugin, say: (line: string) => void): Promise<Answer> {
  await useBackend(plugin);
  return task.kind === "examine" ? examine(task, plugin, say) : evaluateAll(task.models);
}

async function examine(
  { form, every, seconds, models: names }: Task & { readonly kind: "examine" },
  plugin: BackendPlugin,
  say: (line: string) => void,
): Promise<Examination> {
  const saved: SavedModel[] = [];
  const contracts = await runContracts({ every, seconds }, (line) => say(`${form}: ${line}`));
  const models: ModelError[] = [];
  for (const name of names) {
    models.push(
      await errorOf(name, form, async () => {
        const model = smallModels[name]();
        const { train: dataset } = smallData(name);
        await train({ model, dataset, steps: 15, batchSize: 16, learningRate: 0.005 });
        const weights = encodeBase64(await encodeModel(model));
        saved.push({ model: name, trainedOn: form, config: model.toConfig(), weights });
        return model;
      }),
    );
    say(`${form}: trained ${name}`);
  }
  const indexes: IndexNumbers[] = [];
  for (const name of names) indexes.push(await indexOf(name));
  say(`${form}: indexed concepts`);
  return { detail: await detailOf(plugin), contracts, models, indexes, saved };
}

async function indexOf(model: SmallModel): Promise<IndexNumbers> {
  try {
    const created = smallModels[model]();
    const { error, power, concepts } = await indexConcepts(
      created,
      subset(smallData(model).test, { start: 0, end: 12 }),
      { top: 3, drawn: 3 },
    );
    created.dispose();
    const ofConcepts = concepts.map(({ count, energy, cost, top, drawn, coactive, site, atom }) => [
      ...[count, energy.mean, cost / power, atom.hoyer, atom.extent ?? 0, atom.bandwidth ?? 0],
      ...energy.quantiles.map((value) => (count === 0 ? 0 : value)),
      ...[...top, ...drawn].flatMap((record) => [
        ...[record.sample, record.energy, record.cost / power],
        ...(record.where === undefined ? [] : [record.where.peaks[0].position, ...record.where.box.size]),
      ]),
      ...coactive.flatMap((other) => [other.concept, other.count]),
      ...(site?.concentration ?? []),
    ]);
    return { model, numbers: [[error / power], ...ofConcepts] };
  } catch (error) {
    return { model, numbers: [], failure: messageOf(error) };
  }
}

async function evaluateAll(models: readonly SavedModel[]): Promise<readonly ModelError[]> {
  const errors: ModelError[] = [];
  for (const { model, trainedOn, config, weights } of models) {
    const source = `${model} trained on ${trainedOn}`;
    errors.push(await errorOf(model, trainedOn, async () => decodeModel(config, decodeBase64(weights), source)));
  }
  return errors;
}

/** The error of the model that `create` makes, on samples that were held out. One that fails is a finding. */
async function errorOf(
  model: SmallModel,
  trainedOn: string,
  create: () => Promise<SparseAutoencoder>,
): Promise<ModelError> {
  try {
    const created = await create();
    const { relativeError } = await evaluate(created, smallData(model).test);
    created.dispose();
    return { model, trainedOn, relativeError };
  } catch (error) {
    return { model, trainedOn, relativeError: null, failure: messageOf(error) };
  }
}

async function detailOf(plugin: BackendPlugin): Promise<string> {
  const availability = await plugin.available();
  return availability.available ? availability.detail : availability.reason;
}

async function runContracts(
  { every, seconds }: { readonly every: number; readonly seconds: number | undefined },
  say: (line: string) => void,
): Promise<readonly ContractResult[]> {
  const byContract = new Map<string, { results: ConformanceResult[]; failures: string[] }>();
  const all = conformanceCases();
  const sample = sampleOfCases(all, every);
  const cases = seconds === undefined ? sample : [...sample, ...all.filter((each) => !sample.includes(each))];
  const end = performance.now() + 1000 * (seconds ?? Number.POSITIVE_INFINITY);
  for (const [done, { contract, name, run }] of cases.entries()) {
    if (performance.now() > end) {
      say(`${done} of ${cases.length} cases in ${seconds} s`);
      break;
    }
    const { results, failures } = byContract.get(contract) ?? { results: [], failures: [] };
    byContract.set(contract, { results, failures });
    try {
      const result = run();
      results.push(result);
      const { forwardDeviation, gradientDeviation = 0, leaks } = result;
      if (!(forwardDeviation < tolerance && gradientDeviation < tolerance && leaks === 0)) {
        failures.push(`${name}: forward ${forwardDeviation}, gradient ${gradientDeviation}, ${leaks} leaks`);
      }
    } catch (error) {
      failures.push(`${name}: ${messageOf(error)}`);
    }
    if (done % 200 === 199) say(`${done + 1} of ${cases.length} cases`);
    // Devices may have to call back.
    await new Promise((resolve) => setTimeout(resolve));
  }
  return [...byContract].map(([contract, { results, failures }]) => ({
    contract,
    cases: results.length,
    forward: largest(results.map(({ forwardDeviation }) => forwardDeviation)),
    gradient: largest(results.map(({ gradientDeviation }) => gradientDeviation ?? 0)),
    leaks: Math.max(0, ...results.map(({ leaks }) => leaks)),
    failures,
  }));
}

/** JSON has no infinity. */
function largest(values: readonly number[]): number | null {
  const most = Math.max(0, ...values);
  return Number.isFinite(most) ? most : null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function encodeBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function decodeBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
