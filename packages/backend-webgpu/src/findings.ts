import { nanError } from "@saeno/backend";

/** What programs found among the values: a word that they write and that is looked at when values are read, so that none has to wait. */
export interface Findings {
  /** Of the buffer, in bytes. */
  readonly size: number;
  /** The buffer, for a program that may write it. */
  use(): GPUBuffer;
  /** The buffer, if something may have been written since it was looked at last. */
  unread(): GPUBuffer | undefined;
  /** @throws SaenoError `data.nan` where a program found NaN among values to select from. */
  check(bytes: ArrayBuffer): void;
}

export function createFindings(device: GPUDevice): Findings {
  const size = 4;
  const buffer = device.createBuffer({
    size,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  let used = false;
  return {
    size,
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
