/** Values on their way to the host: copies that it can map, submitted with all that is encoded. */

/** As much of tfjs's backend as copies need. */
export interface CopyingBackend {
  readonly device: GPUDevice;
  readonly commandEncoder: GPUCommandEncoder;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/** Bytes of a copy that several reads share; and that is used again, since to make one takes a GPU longer than to fill it. */
const sharedSize = 2 ** 16;

/** A copy of buffers, one after another. */
export interface Staging {
  /** Where the buffer is in the copy, in bytes; nothing where it does not fit. */
  add(buffer: GPUBuffer): number | undefined;
  /** Submits the copy, with all that is encoded. */
  submit(): GPUBuffer;
  /** What it holds, once it is mapped. It is not to be used afterwards. */
  take(): ArrayBuffer;
}

const spare = new WeakMap<GPUDevice, GPUBuffer[]>();

/** For buffers of at least so many bytes. */
export function createStaging(backend: CopyingBackend, bytes: number): Staging {
  const { device } = backend;
  const spares = spare.get(device) ?? [];
  spare.set(device, spares);
  const size = Math.max(bytes, sharedSize);
  const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
  const staging = (size === sharedSize ? spares.pop() : undefined) ?? device.createBuffer({ size, usage });
  let used = 0;
  return {
    add(buffer) {
      if (used + buffer.size > size) return undefined;
      backend.ensureCommandEncoderReady();
      backend.endComputePassEncoder();
      backend.commandEncoder.copyBufferToBuffer(buffer, 0, staging, used, buffer.size);
      used += buffer.size;
      return used - buffer.size;
    },
    submit() {
      backend.ensureCommandEncoderReady();
      backend.endComputePassEncoder();
      backend.submitQueue();
      return staging;
    },
    take() {
      const values = staging.getMappedRange(0, used).slice(0);
      staging.unmap();
      if (size === sharedSize) spares.push(staging);
      else staging.destroy();
      return values;
    },
  };
}
