/** Copies of small buffers that can be used again, by size: to make one takes a GPU longer than to fill it. */
const spare = new WeakMap<GPUDevice, Map<number, GPUBuffer[]>>();
const home = new WeakMap<GPUBuffer, GPUBuffer[]>();
const largestKept = 2 ** 16;

/** A copy of a buffer that can be mapped. */
export function stagingCopy(device: GPUDevice, buffer: GPUBuffer): GPUBuffer {
  const staging = sparesOf(device, buffer.size).pop() ?? create(device, buffer.size);
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
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
