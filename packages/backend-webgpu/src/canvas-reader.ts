/** Values per row, and rows, of the window through which a buffer is read. */
const side = 256;

/**
 * Reads buffers at once where callbacks cannot be called by hand: in browsers, through a canvas, a pixel for every four bytes.
 * A canvas gives three of them exactly if it is opaque, and the fourth, its opacity, if it is not. tfjs does the same with three new canvases
 * for every read, which exhaust a GPU's memory; these are kept.
 */
export function canvasReader(device: GPUDevice): (buffer: GPUBuffer) => ArrayBuffer {
  const colors = deviceCanvas(device, "opaque");
  const opacity = deviceCanvas(device, "premultiplied");
  const host = new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });
  if (host === null) throw new Error("this browser has no canvas to read values through");

  function pixels(
    { canvas, context }: typeof colors,
    buffer: GPUBuffer,
    offset: number,
    width: number,
    height: number,
  ) {
    const encoder = device.createCommandEncoder();
    const source = { buffer, offset, bytesPerRow: 4 * side };
    encoder.copyBufferToTexture(source, { texture: context.getCurrentTexture() }, { width, height });
    device.queue.submit([encoder.finish()]);
    host?.clearRect(0, 0, width, height);
    host?.drawImage(canvas, 0, 0, width, height, 0, 0, width, height);
    return (host as OffscreenCanvasRenderingContext2D).getImageData(0, 0, width, height).data;
  }

  return (buffer) => {
    const bytes = new Uint8Array(buffer.size);
    for (let offset = 0; offset < bytes.length; ) {
      const left = (bytes.length - offset) / 4;
      const width = Math.min(side, left);
      const height = Math.max(1, Math.min(side, Math.floor(left / side)));
      const bgr = pixels(colors, buffer, offset, width, height);
      const a = pixels(opacity, buffer, offset, width, height);
      for (let i = 0; i < bgr.length; i += 4) {
        bytes[offset + i] = bgr[i + 2];
        bytes[offset + i + 1] = bgr[i + 1];
        bytes[offset + i + 2] = bgr[i];
        bytes[offset + i + 3] = a[i + 3];
      }
      offset += bgr.length;
    }
    return bytes.buffer;
  };
}

function deviceCanvas(device: GPUDevice, alphaMode: GPUCanvasAlphaMode) {
  const canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext("webgpu");
  if (context === null) throw new Error("this browser has no WebGPU canvas to read values through");
  context.configure({ device, format: "bgra8unorm", usage: GPUTextureUsage.COPY_DST, alphaMode });
  return { canvas, context };
}
