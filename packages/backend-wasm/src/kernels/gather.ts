/** The kernels that gather and scatter (assembly/gather.ts), registered for their contracts. */
import { gatherMaps, gatherRows, scatterMaps, scatterRows } from "@saeno/backend";
import { addresses, allocate } from "../runtime/outputs.ts";
import { register } from "../runtime/register.ts";
import type { Kernels } from "../runtime/thread-pool.ts";

export function registerGatherKernels(kernels: Kernels): void {
  register(gatherMaps, ({ maps, concepts }, _, backend) => {
    const [batch, points, size] = maps.shape;
    const chosen = concepts.shape[1];
    const outputs = allocate(backend, { chosen: [batch, chosen, points] });
    const tensors = addresses(backend, maps, concepts, outputs.chosen);
    kernels.run("gatheredMaps", [...tensors, batch, points, size, chosen], { operations: batch * chosen * points });
    return outputs;
  });

  register(scatterMaps, ({ chosen, concepts }, { conceptCount }, backend) => {
    const [batch, count, points] = chosen.shape;
    const outputs = allocate(backend, { maps: [batch, points, conceptCount] });
    const tensors = addresses(backend, outputs.maps, concepts, chosen);
    const operations = batch * conceptCount * points;
    kernels.run("scatteredMaps", [...tensors, batch, points, conceptCount, count], { operations });
    return outputs;
  });

  register(gatherRows, ({ x, indices }, _, backend) => {
    const outputs = allocate(backend, { values: indices.shape });
    const tensors = addresses(backend, x, indices, outputs.values);
    const [rows, k] = indices.shape;
    kernels.run("gatheredRows", [...tensors, rows, x.shape[1], k], { operations: rows * k });
    return outputs;
  });

  register(scatterRows, ({ values, indices }, { size }, backend) => {
    const [rows, k] = indices.shape;
    const outputs = allocate(backend, { x: [rows, size] });
    const tensors = addresses(backend, outputs.x, indices, values);
    kernels.run("scatteredRows", [...tensors, rows, size, k], { operations: rows * size });
    return outputs;
  });
}
