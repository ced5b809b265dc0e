import { availableParallelism, cpus, totalmem } from "node:os";

/** The machine in a line: Node, processor, cores, memory, threads. */
export function describeMachine(threads: number | undefined): string {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return [
    `Node ${process.versions.node}`,
    cpus()[0]?.model.trim() || `unknown ${process.arch} processor`,
    `${availableParallelism()} cores`,
    `${gigabytes} GB`,
    `threads: ${threads ?? "chosen by the backend"}`,
  ].join(", ");
}
