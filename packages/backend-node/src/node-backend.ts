/** TensorFlow's C library as a saeno plugin, through tfjs-node or tfjs-node-gpu, whichever is asked for and installed. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { type Availability, type BackendPlugin, defineBackend, SaenoError } from "@saeno/backend";
import {
  copyRegisteredKernels,
  findBackend,
  findBackendFactory,
  getBackend,
  type KernelBackend,
  registerBackend,
  setBackend,
} from "@tensorflow/tfjs-core";
import { registerKernels } from "./kernels.ts";

export interface NodeOptions {
  /** Use tfjs-node-gpu, which computes on an NVIDIA GPU through CUDA. Default false: tfjs-node, on the CPU. */
  readonly gpu?: boolean;
  /**
   * A folder whose node_modules holds the package. Default: the environment variable SAENO_TFJS_NODE or, if it is not set, wherever
   * this package finds its peers.
   */
  readonly path?: string;
}

/** TensorFlow on the CPU, as the backend `node`. */
export const nodeBackend: BackendPlugin = createNodeBackend();

/** TensorFlow on an NVIDIA GPU, as the backend `node-gpu`. */
export const nodeGpuBackend: BackendPlugin = createNodeBackend({ gpu: true });

const version = "4.22.0";

/**
 * Creates the backend. TensorFlow is loaded when the backend is selected, not before.
 *
 * @returns a plugin whose `init` throws a SaenoError `backend.unavailable` if the package is not installed, `backend.failed` if
 *   TensorFlow does not load or does not find the GPU.
 */
export function createNodeBackend(options: NodeOptions = {}): BackendPlugin {
  const { gpu = false } = options;
  const name = gpu ? "node-gpu" : "node";
  const packageName = `@tensorflow/tfjs-node${gpu ? "-gpu" : ""}`;
  let running: string | undefined;

  function find(): Installed | string {
    const { path = process.env.SAENO_TFJS_NODE } = options;
    return findPackage(packageName, path);
  }

  return defineBackend({
    kind: name,
    summary: gpu ? "TensorFlow on an NVIDIA GPU (CUDA), in Node" : "TensorFlow on the CPU, in Node",
    async available(): Promise<Availability> {
      if (running !== undefined) return { available: true, detail: running };
      const found = find();
      if (typeof found === "string") return { available: false, reason: found };
      const facts = gpu ? cudaFacts() : undefined;
      if (facts?.nvidiaDriver === "none") {
        return {
          available: false,
          reason: "no NVIDIA driver was found: install the driver, CUDA 11.2 and cuDNN 8.1",
          facts,
        };
      }
      return { available: true, detail: `TensorFlow through ${packageName} ${version}`, ...(facts && { facts }) };
    },
    async init() {
      if (findBackendFactory(name) != null) return;
      const found = find();
      if (typeof found === "string") throw new SaenoError("backend.unavailable", found);
      const tensorflow = load(found, packageName);
      const { binding } = tensorflow;
      if (gpu && !binding.isUsingGpuDevice()) {
        throw new SaenoError(
          "backend.failed",
          `TensorFlow ${binding.TF_Version} found no GPU: it needs the NVIDIA driver, and its versions of CUDA and cuDNN on the library path (TF_CPP_MIN_LOG_LEVEL=0 shows what is missing).`,
        );
      }
      registerBackend(name, () => tensorflow);
      copyRegisteredKernels("tensorflow", name);
      registerKernels(name);
      running = `TensorFlow ${binding.TF_Version}, ${gpu ? "CUDA" : `CPU, ${availableParallelism()} cores`}`;
    },
  });
}

/** Which of the things that TensorFlow needs for a GPU are present; known on Linux only. */
function cudaFacts(): Readonly<Record<"nvidiaDriver" | "cudaRuntime" | "cudnn", string>> | undefined {
  if (process.platform !== "linux") return undefined;
  const driver = "/proc/driver/nvidia/version";
  const libraries = spawnSync("ldconfig", ["-p"], { encoding: "utf8" }).stdout ?? "";
  const found = (name: string) =>
    [...libraries.matchAll(new RegExp(`lib${name}\\.so\\.([0-9.]+) `, "g"))].map((match) => match[1]).join(" ") ||
    "none";
  return {
    nvidiaDriver: existsSync(driver)
      ? (/\d+\.\d+(\.\d+)?/.exec(readFileSync(driver, "utf8"))?.[0] ?? "unknown")
      : "none",
    cudaRuntime: found("cudart"),
    cudnn: found("cudnn"),
  };
}

interface Installed {
  readonly require: NodeJS.Require;
}

/** The package, or why it cannot be used and what to do. */
function findPackage(packageName: string, path: string | undefined): Installed | string {
  const require = createRequire(path === undefined ? import.meta.url : join(path, "package.json"));
  const where = path === undefined ? "" : ` in ${path}`;
  let manifest: string;
  try {
    manifest = require.resolve(`${packageName}/package.json`);
  } catch {
    return `${packageName} is not installed${where}: npm install ${packageName}@${version}, or build it (see the README of @saeno/backend-node)`;
  }
  const found = (require(manifest) as { version: string }).version;
  if (found !== version) return `${packageName} ${found} is installed${where}; saeno needs ${version}`;
  if (!hasAddon(dirname(manifest))) {
    return `${packageName} is installed${where} without its compiled part: npm rebuild ${packageName}, or build it (see the README of @saeno/backend-node)`;
  }
  return { require };
}

function hasAddon(folder: string): boolean {
  const lib = join(folder, "lib");
  return existsSync(lib) && readdirSync(lib).some((napi) => existsSync(join(lib, napi, "tfjs_binding.node")));
}

/** What this package uses of tfjs's TensorFlow backend. */
interface TensorflowBackend extends KernelBackend {
  readonly binding: { readonly TF_Version: string; isUsingGpuDevice(): boolean };
}

function load({ require }: Installed, packageName: string): TensorflowBackend {
  // Removed in Node 23; tfjs-node calls it.
  const util = require("node:util") as { isNullOrUndefined?: (value: unknown) => boolean };
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  // TensorFlow reports only errors on stderr, unless the user asks for more.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  const before = getBackend() as string | null | undefined;
  try {
    require(packageName);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : cause;
    throw new SaenoError("backend.failed", `${packageName} could not be loaded: ${why}`, { cause });
  }
  const backend = findBackend("tensorflow") as TensorflowBackend;
  // Loading the package selects its backend.
  if (before) setBackend(before);
  return backend;
}
