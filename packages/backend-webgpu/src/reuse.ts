/**
 * What every dispatch needs besides its tensors, kept instead of made anew: buffers of uniforms by what they hold, layouts by pipeline,
 * bind groups by what they bind. Steps of a training ask for the same again and again, and on a GPU the host's part of a dispatch is what
 * most steps wait for.
 */

/** Buffers and bind groups kept; the oldest go first. */
const most = 4096;

/** As much of tfjs's backend as buffers of uniforms need. */
export interface UniformBackend {
  readonly device: GPUDevice;
  readonly bufferManager: { acquireBuffer(size: number, usage: number): GPUBuffer };
  /** Buffers that can be written again once what is encoded has been submitted. */
  readonly uniformPendingDisposal: GPUBuffer[];
}

/** A buffer of uniforms that holds these bytes. */
export type UniformBuffers = (bytes: ArrayBuffer) => GPUBuffer;

export function createUniformBuffers(backend: UniformBackend): UniformBuffers {
  const known = recent<GPUBuffer>((buffer) => backend.uniformPendingDisposal.push(buffer));
  return (bytes) =>
    known(String.fromCharCode(...new Uint16Array(bytes)), () => {
      const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.UNIFORM;
      const buffer = backend.bufferManager.acquireBuffer(bytes.byteLength, usage);
      backend.device.queue.writeBuffer(buffer, 0, bytes);
      return buffer;
    });
}

/** tfjs's own programs too take their uniforms from buffers that are kept. */
export function reuseUniforms(backend: UniformBackend & { makeUniforms?: unknown }, buffers: UniformBuffers): void {
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
    return { offset: 0, size: bytes.byteLength, buffer: buffers(bytes) };
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
    data.values = null;
  };
}

/** Bind groups and layouts are made once for what they are made of. Call it before the device is used. */
export function reuseBindGroups(device: GPUDevice): void {
  let last = 0;
  const names = new WeakMap<object, number>();
  const nameOf = (object: object): number => {
    const name = names.get(object) ?? ++last;
    names.set(object, name);
    return name;
  };

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
