/**
 * What every dispatch needs besides its tensors, kept instead of made anew: on a GPU the host's part of a dispatch is what most steps wait for.
 * Uniforms of our programs are written together, once for each submission. For programs of tfjs, buffers of uniforms are kept by what they hold,
 * layouts by pipeline, bind groups by what they bind: steps of a training ask for the same again and again.
 */

/** Buffers and bind groups of tfjs's programs that are kept; the oldest go first. */
const most = 4096;

/** As much of tfjs's backend as uniforms need. */
export interface UniformBackend {
  readonly device: GPUDevice;
  readonly bufferManager: { acquireBuffer(size: number, usage: number): GPUBuffer };
  /** Buffers that can be written again once what is encoded has been submitted. */
  readonly uniformPendingDisposal: GPUBuffer[];
  makeUniforms?: unknown;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/** The uniforms of all programs that are encoded and not yet submitted, in one buffer that is written when they are. */
export interface Uniforms {
  readonly buffer: GPUBuffer;
  /** What the buffer will hold, 4 bytes each: as whole numbers, and as fractions. */
  readonly whole: Uint32Array;
  readonly fractions: Float32Array;
  /** Room for the uniforms of one more program: where it starts, in words. Submits what is encoded if there is none left. */
  reserve(): number;
}

/** Words that a program's uniforms may take, at an offset that every GPU allows; and programs. */
const [room, programs] = [64, 256];

export function createUniforms(backend: UniformBackend): Uniforms {
  const { queue } = backend.device;
  const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.UNIFORM;
  const buffer = backend.device.createBuffer({ size: 4 * room * programs, usage });
  const whole = new Uint32Array(room * programs);
  const fractions = new Float32Array(whole.buffer);
  let used = 0;
  const submit = backend.submitQueue.bind(backend);
  backend.submitQueue = () => {
    // The queue writes after all that was submitted before, and before all that follows.
    if (used > 0) queue.writeBuffer(buffer, 0, whole, 0, used);
    used = 0;
    submit();
  };
  return {
    buffer,
    whole,
    fractions,
    reserve() {
      if (used === whole.length) {
        backend.endComputePassEncoder();
        backend.submitQueue();
      }
      used += room;
      return used - room;
    },
  };
}

/** tfjs's own programs take their uniforms from buffers that are kept, by what they hold. */
export function reuseUniforms(backend: UniformBackend): void {
  const known = recent<GPUBuffer>((buffer) => backend.uniformPendingDisposal.push(buffer));
  const lay = backend.makeUniforms as (this: object, uniforms: unknown) => unknown;
  backend.makeUniforms = (uniforms: unknown) => {
    let bytes = new ArrayBuffer(0);
    const writeBuffer = (_buffer: unknown, _offset: number, given: ArrayBuffer) => {
      bytes = given;
    };
    // It lays out what it is given, acquires a buffer and writes it: here the bytes are all that is wanted.
    lay.call(
      { bufferManager: { acquireBuffer() {} }, queue: { writeBuffer }, uniformPendingDisposal: { push() {} } },
      uniforms,
    );
    const size = bytes.byteLength;
    const buffer = known(String.fromCharCode(...new Uint16Array(bytes)), () => {
      const made = backend.bufferManager.acquireBuffer(size, GPUBufferUsage.COPY_DST | GPUBufferUsage.UNIFORM);
      backend.device.queue.writeBuffer(made, 0, bytes);
      return made;
    });
    return { offset: 0, size, buffer };
  };
}

/** As much of tfjs's backend as uploads need. */
export interface UploadingBackend {
  readonly device: GPUDevice;
  readonly bufferManager: { acquireBuffer(size: number, usage: number): GPUBuffer };
  readonly tensorMap: { get(dataId: object): UploadedData };
  uploadToGPU(dataId: object): void;
}

interface UploadedData {
  readonly dtype: string;
  values: ArrayLike<number> | null;
  resource?: GPUBuffer | null;
}

/** Bytes that are kept on the host as well, so that to read them takes no turn of the GPU: what trainings go by, and not batches of data. */
const keptOnHost = 2 ** 14;

/**
 * Values go to the GPU in its queue, where tfjs makes a new mapped buffer for each tensor. The buffer that is written is free, so that
 * nothing of what is encoded but not yet submitted reads it.
 */
export function uploadInQueue(backend: UploadingBackend): void {
  const upload = backend.uploadToGPU.bind(backend);
  backend.uploadToGPU = (dataId) => {
    const data = backend.tensorMap.get(dataId);
    const { dtype, values, resource } = data;
    if (resource || !values || values.length === 0 || dtype === "complex64") return upload(dataId);
    const entries = dtype === "float32" ? new Float32Array(values) : new Int32Array(values);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    data.resource = backend.bufferManager.acquireBuffer(entries.byteLength, usage);
    backend.device.queue.writeBuffer(data.resource, 0, entries);
    data.values = entries.byteLength <= keptOnHost && dtype !== "bool" ? entries : null;
  };
}

/** A number for each object, always the same one. */
export function namer(): (object: object) => number {
  const names = new WeakMap<object, number>();
  let last = 0;
  return (object) => {
    const known = names.get(object);
    if (known !== undefined) return known;
    names.set(object, ++last);
    return last;
  };
}

/** Bind groups and layouts are made once for what they are made of. Call it before the device is used. */
export function reuseBindGroups(device: GPUDevice): void {
  const nameOf = namer();

  const createPipeline = device.createComputePipeline.bind(device);
  device.createComputePipeline = (descriptor) => {
    const pipeline = createPipeline(descriptor);
    const layoutOf = pipeline.getBindGroupLayout.bind(pipeline);
    const layouts: GPUBindGroupLayout[] = [];
    pipeline.getBindGroupLayout = (index) => {
      layouts[index] ??= layoutOf(index);
      return layouts[index];
    };
    return pipeline;
  };

  const createGroup = device.createBindGroup.bind(device);
  const known = recent<GPUBindGroup>();
  device.createBindGroup = (descriptor) => {
    let key = `${nameOf(descriptor.layout)}`;
    for (const { binding, resource } of descriptor.entries) {
      const { buffer, offset = 0, size } = resource as Partial<GPUBufferBinding>;
      // Textures come and go.
      if (buffer === undefined) return createGroup(descriptor);
      key += ` ${binding} ${nameOf(buffer)} ${offset} ${size}`;
    }
    return known(key, () => createGroup(descriptor));
  };
}

/** What was asked for recently, by its key. */
function recent<Value>(forgotten: (value: Value) => void = () => {}): (key: string, make: () => Value) => Value {
  const values = new Map<string, Value>();
  return (key, make) => {
    let value = values.get(key);
    if (value === undefined) value = make();
    else values.delete(key);
    values.set(key, value);
    if (values.size > most) {
      const [oldest, first] = values.entries().next().value as [string, Value];
      values.delete(oldest);
      forgotten(first);
    }
    return value;
  };
}
