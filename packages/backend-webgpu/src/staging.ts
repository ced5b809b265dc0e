/** Copies of buffers that the host can map. Small ones are used again: to make one takes a GPU longer than to fill it. */

/** As much of tfjs's backend as copies need. */
export interface CopyingBackend {
  readonly device: GPUDevice;
  readonly commandEncoder: GPUCommandEncoder;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/** Copies that are free, by size. */
const spare = new WeakMap<GPUDevice, Map<number, GPUBuffer[]>>();
const home = new WeakMap<GPUBuffer, GPUBuffer[]>();
const largestKept = 2 ** 16;

/** A copy of buffers, one after another, submitted together with all that is encoded. */
export function stagingCopy(backend: CopyingBackend, buffers: readonly GPUBuffer[]): GPUBuffer {
  const size = buffers.reduce((sum, buffer) => sum + buffer.size, 0);
  const staging = sparesOf(backend.device, size).pop() ?? create(backend.device, size);
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  let offset = 0;
  for (const buffer of buffers) {
    backend.commandEncoder.copyBufferToBuffer(buffer, 0, staging, offset, buffer.size);
    offset += buffer.size;
  }
  backend.submitQueue();
  return staging;
}

/** What a copy that is mapped holds. The copy is not to be used afterwards. */
export function takeBytes(staging: GPUBuffer): ArrayBuffer {
  const bytes = staging.getMappedRange().slice(0);
  const spares = home.get(staging);
  if (spares === undefined) staging.destroy();
  else {
    staging.unmap();
    spares.push(staging);
  }
  return bytes;
}

function create(device: GPUDevice, size: number): GPUBuffer {
  const staging = device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  if (size <= largestKept) home.set(staging, sparesOf(device, size));
  return staging;
}

function sparesOf(device: GPUDevice, size: number): GPUBuffer[] {
  const bySize = spare.get(device) ?? new Map<number, GPUBuffer[]>();
  spare.set(device, bySize);
  const spares = bySize.get(size) ?? [];
  bySize.set(size, spares);
  return spares;
}
