import { nanError } from "@saeno/backend";

/** What programs found among the values: a word that they write and that is looked at when values are read, so that none has to wait. */
export interface Findings {
  /** The buffer, for a program that may write it. */
  use(): GPUBuffer;
  /** The buffer, if something may have been written since it was looked at last. */
  unread(): GPUBuffer | undefined;
  /** @throws SaenoError `data.nan` where a program found NaN among values to select from. */
  check(bytes: ArrayBuffer): void;
}

export function createFindings(device: GPUDevice): Findings {
  const buffer = device.createBuffer({
    size: 4,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  let used = false;
  return {
    use() {
      used = true;
      return buffer;
    },
    unread: () => (used ? buffer : undefined),
    check(bytes) {
      used = false;
      if (new Uint32Array(bytes)[0] === 0) return;
      device.queue.writeBuffer(buffer, 0, new Uint32Array(1));
      throw nanError();
    },
  };
}
