/**
 * How long each program takes on the GPU: every dispatch gets a compute pass of its own with timestamps at both ends.
 *
 * The GPU may do several dispatches of one pass at a time, so what is measured adds up to at least what a step takes.
 */

export interface ProgramTime {
  /** What was run: the program's label and how many groups were dispatched. */
  readonly program: string;
  readonly count: number;
  /** Of all of them together. */
  readonly microseconds: number;
}

/** Two timestamps for each dispatch; the most that a query set may have. */
const queries = 4096;

export interface GpuTimer {
  /** Times what is encoded from here on. */
  start(): void;
  /** Stops, and tells what was submitted since, longest first. */
  stop(): Promise<readonly ProgramTime[]>;
}

export function createGpuTimer(device: GPUDevice): GpuTimer {
  const labels = new WeakMap<GPUComputePipeline, string>();
  const createPipeline = device.createComputePipeline.bind(device);
  device.createComputePipeline = (descriptor) => {
    const pipeline = createPipeline(descriptor);
    labels.set(pipeline, descriptor.label ?? "unnamed");
    return pipeline;
  };

  let sets: GPUQuerySet[] = [];
  let programs: string[] = [];
  let timing = false;

  const { beginComputePass } = GPUCommandEncoder.prototype;
  GPUCommandEncoder.prototype.beginComputePass = function (this: GPUCommandEncoder, ...given) {
    if (!timing) return beginComputePass.apply(this, given);
    const begin = (descriptor: GPUComputePassDescriptor) => beginComputePass.call(this, descriptor);
    let pipeline: GPUComputePipeline;
    let bindings: Parameters<GPUComputePassEncoder["setBindGroup"]>;
    return {
      setPipeline(next: GPUComputePipeline) {
        pipeline = next;
      },
      setBindGroup(...next: Parameters<GPUComputePassEncoder["setBindGroup"]>) {
        bindings = next;
      },
      dispatchWorkgroups(...groups: Parameters<GPUComputePassEncoder["dispatchWorkgroups"]>) {
        const at = (2 * programs.length) % queries;
        if (at === 0) sets.push(device.createQuerySet({ type: "timestamp", count: queries }));
        programs.push(`${labels.get(pipeline)} ${groups.join("x")}`);
        const pass = begin({
          timestampWrites: {
            querySet: sets.at(-1) as GPUQuerySet,
            beginningOfPassWriteIndex: at,
            endOfPassWriteIndex: at + 1,
          },
        });
        pass.setPipeline(pipeline);
        pass.setBindGroup(...bindings);
        pass.dispatchWorkgroups(...groups);
        pass.end();
      },
      end() {},
    } as unknown as GPUComputePassEncoder;
  };

  return {
    start() {
      [sets, programs, timing] = [[], [], true];
    },
    async stop() {
      timing = false;
      const times = new Map<string, { count: number; microseconds: number }>();
      for (const [which, set] of sets.entries()) {
        const stamps = await readQueries(device, set);
        const first = (which * queries) / 2;
        for (const [i, program] of programs.slice(first, first + queries / 2).entries()) {
          const entry = times.get(program) ?? { count: 0, microseconds: 0 };
          times.set(program, entry);
          entry.count++;
          entry.microseconds += Number((stamps[2 * i + 1] as bigint) - (stamps[2 * i] as bigint)) / 1000;
        }
        set.destroy();
      }
      return [...times]
        .map(([program, time]) => ({ program, ...time }))
        .sort((a, b) => b.microseconds - a.microseconds);
    },
  };
}

async function readQueries(device: GPUDevice, set: GPUQuerySet): Promise<BigUint64Array> {
  const size = 8 * queries;
  const resolved = device.createBuffer({ size, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
  const staging = device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  const encoder = device.createCommandEncoder();
  encoder.resolveQuerySet(set, 0, queries, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, staging, 0, size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const stamps = new BigUint64Array(staging.getMappedRange().slice(0));
  for (const buffer of [resolved, staging]) buffer.destroy();
  return stamps;
}
