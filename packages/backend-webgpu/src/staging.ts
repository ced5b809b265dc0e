/** Values on their way to the host: copies that it can map, submitted with all that is encoded. */

/** As much of tfjs's backend as copies need. */
export interface CopyingBackend {
  readonly device: GPUDevice;
  readonly commandEncoder: GPUCommandEncoder;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/** Bytes for reads that share a copy, which is used again, since to make one takes a GPU longer than to fill it. */
export const sharedSize: number = 2 ** 16;

/** Bytes of a copy beyond those that were asked for. */
const beyond = 256;

/** Submits all that is encoded. */
export function submitAll(backend: CopyingBackend): void {
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
}

/** A copy of buffers, one after another. */
export interface Staging {
  /** Where the buffer is in the copy, in bytes; nothing where it does not fit, with so many bytes left behind it. */
  add(buffer: GPUBuffer, left?: number): number | undefined;
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
  const isShared = bytes <= sharedSize;
  const size = Math.max(bytes, sharedSize) + beyond;
  const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
  const staging = (isShared ? spares.pop() : undefined) ?? device.createBuffer({ size, usage });
  let used = 0;
  return {
    add(buffer, left = 0) {
      if (used + buffer.size + left > size) return undefined;
      backend.ensureCommandEncoderReady();
      backend.endComputePassEncoder();
      backend.commandEncoder.copyBufferToBuffer(buffer, 0, staging, used, buffer.size);
      used += buffer.size;
      return used - buffer.size;
    },
    submit() {
      submitAll(backend);
      return staging;
    },
    take() {
      const values = staging.getMappedRange(0, used).slice(0);
      staging.unmap();
      if (isShared) spares.push(staging);
      else staging.destroy();
      return values;
    },
  };
}
