/** A copy of a buffer that can be mapped. */
export function stagingCopy(device: GPUDevice, buffer: GPUBuffer): GPUBuffer {
  const staging = device.createBuffer({ size: buffer.size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  return staging;
}

/** What a copy that is mapped holds. The copy is gone afterwards. */
export function takeBytes(staging: GPUBuffer): ArrayBuffer {
  const bytes = staging.getMappedRange().slice(0);
  staging.destroy();
  return bytes;
}
