/** The two binaries that run: tfjs's own, and our kernels, both for plain or both for shared memory. */
import { messageOf } from "@saeno/backend";
import { type Locate, readWasm } from "../files.ts";
import type { Instructions } from "./kernel-binary.ts";

export interface Binaries {
  /** tfjs's; not in Node, where it finds its file itself. */
  readonly tfjs: Uint8Array<ArrayBuffer> | undefined;
  /** Ours; none where all is left to tfjs. */
  readonly kernels: Uint8Array<ArrayBuffer> | undefined;
  readonly instructions: Instructions | "none";
  readonly shared: boolean;
  /** What keeps better ones from being used. */
  readonly problem?: string;
}

/** What of the binaries is wanted. */
export type Wanted = Pick<Binaries, "instructions" | "shared"> & { readonly simd: boolean };

/**
 * Loads the files that are wanted. Where a bundler has left them behind, the smallest set is there as modules: SIMD on one thread.
 *
 * @throws SaenoError `backend.file` if files are not where `locate` says.
 */
export async function loadBinaries(wanted: Wanted, locate: Locate | undefined): Promise<Binaries> {
  const { simd, instructions, shared } = wanted;
  const brings = globalThis.process?.versions?.node === undefined;
  const build = simd ? (shared ? "-threaded-simd" : "-simd") : "";
  try {
    const [tfjs, kernels] = await Promise.all([
      brings ? readWasm(`tfjs-backend-wasm${build}.wasm`, locate) : undefined,
      instructions === "none"
        ? undefined
        : readWasm(`${instructions === "simd" ? "simd" : "relaxed"}-${shared ? "shared" : "plain"}.wasm`, locate),
    ]);
    return { tfjs, kernels, instructions, shared };
  } catch (error) {
    if (locate !== undefined || !simd) throw error;
    const [tfjs, kernels] = await Promise.all([
      brings ? import("../generated/tfjs-backend-wasm-simd.ts") : undefined,
      instructions === "none" ? undefined : import("../generated/simd-plain.ts"),
    ]);
    return {
      tfjs: tfjs && decode(tfjs.wasm),
      kernels: kernels && decode(kernels.wasm),
      instructions: instructions === "none" ? "none" : "simd",
      shared: false,
      problem: messageOf(error),
    };
  }
}

/** What a module of src/generated holds. */
export function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
