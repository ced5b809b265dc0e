/** The process that examines one form of one backend: a task as JSON in, the answer as the last line of JSON out. */
import { readFile, writeFile } from "node:fs/promises";
import { type BackendPlugin, useBackend } from "@saeno/backend";
import { type ConformanceResult, conformanceCases } from "@saeno/backend/conformance";
import type { SparseAutoencoder } from "@saeno/core";
import { evaluate } from "@saeno/metrics";
import { decodeModel, encodeModel, train } from "@saeno/training";
import { backendForm } from "./backend-form.ts";
import { type ContractResult, type Examination, type ModelError, modelFile, type Task } from "./protocol.ts";
import { type SmallModel, smallData, smallModelNames, smallModels } from "./small-models.ts";

/** Deviations above this are faults. */
const tolerance = 1e-4;

async function answer(task: Task): Promise<Examination | readonly ModelError[]> {
  const plugin = await backendForm(task.form);
  await useBackend(plugin);
  if (task.kind === "evaluate") return evaluateAll(task.folder, task.trainedOn);
  return {
    detail: await detailOf(plugin),
    contracts: await runContracts(task.form),
    models: await trainAll(task.form, task.folder),
  };
}

async function detailOf(plugin: BackendPlugin): Promise<string> {
  const availability = await plugin.available();
  return availability.available ? availability.detail : availability.reason;
}

async function runContracts(form: string): Promise<readonly ContractResult[]> {
  const byContract = new Map<string, { results: ConformanceResult[]; failures: string[] }>();
  const cases = conformanceCases();
  for (const [done, { contract, name, run }] of cases.entries()) {
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
    if (done % 200 === 199) process.stderr.write(`${form}: ${done + 1} of ${cases.length} cases\n`);
    // Devices may have to call back.
    await new Promise((resolve) => setImmediate(resolve));
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

function trainAll(form: string, folder: string): Promise<readonly ModelError[]> {
  return forEachModel([form], async (name) => {
    const model = smallModels[name]();
    const data = smallData(name);
    await train({ model, dataset: data.train, steps: 30, batchSize: 16, learningRate: 0.005 });
    const file = modelFile(folder, form, name);
    await writeFile(`${file}.json`, JSON.stringify(model.toConfig()));
    await writeFile(`${file}.safetensors`, await encodeModel(model));
    process.stderr.write(`${form}: trained ${name}\n`);
    return model;
  });
}

function evaluateAll(folder: string, trainedOn: readonly string[]): Promise<readonly ModelError[]> {
  return forEachModel(trainedOn, async (name, form) => {
    const file = modelFile(folder, form, name);
    const config = JSON.parse(await readFile(`${file}.json`, "utf8"));
    return decodeModel(config, await readFile(`${file}.safetensors`), `${file}.safetensors`);
  });
}

/** Errors of the models that `create` makes. One that fails is a finding. */
async function forEachModel(
  forms: readonly string[],
  create: (name: SmallModel, form: string) => Promise<SparseAutoencoder>,
): Promise<readonly ModelError[]> {
  const errors: ModelError[] = [];
  for (const trainedOn of forms) {
    for (const name of smallModelNames) {
      try {
        const model = await create(name, trainedOn);
        const { relativeError } = await evaluate(model, smallData(name).test);
        errors.push({ model: name, trainedOn, relativeError });
        model.dispose();
      } catch (error) {
        errors.push({ model: name, trainedOn, relativeError: null, failure: messageOf(error) });
      }
    }
  }
  return errors;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const result = await answer(JSON.parse(process.argv[2] as string) as Task);
process.stdout.write(`\n${JSON.stringify(result)}\n`, () => process.exit(0));
