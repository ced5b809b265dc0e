import { SaenoError } from "@saeno/backend";
import { reuseBindGroups } from "./reuse.ts";

/** A device, and what became of it. */
export interface WatchedDevice {
  readonly device: GPUDevice;
  /** Resolves when all that was asked of the device so far is known to be valid. */
  settled(): Promise<void>;
  /** @throws SaenoError `backend.gpu` for an operation the device refused, `backend.lost` where it is gone. */
  check(): void;
}

/** The types that tfjs brings do not know all of them. */
export const wantedFeatures = [
  "shader-f16",
  "subgroups",
  "timestamp-query",
] as readonly string[] as readonly GPUFeatureName[];

const limits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeInvocationsPerWorkgroup",
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** A device with all the adapter has of what computation can use, watched: what it refuses becomes an error instead of zeros. */
export async function requestDevice(adapter: GPUAdapter): Promise<WatchedDevice> {
  const device = await adapter.requestDevice({
    requiredFeatures: wantedFeatures.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(limits.map((name) => [name, adapter.limits[name]])),
  });
  let refused: string | undefined;
  let lost: string | undefined;
  const pending = new Set<Promise<void>>();

  device.lost.then(({ reason, message }) => {
    if (reason !== "destroyed") lost = message;
  });
  device.addEventListener("uncapturederror", (event) => {
    refused ??= event.error.message;
    event.preventDefault();
  });

  /** A pipeline of invalid WGSL computes nothing and says so only to who asks. */
  const createPipeline = device.createComputePipeline.bind(device);
  device.createComputePipeline = (descriptor) => {
    device.pushErrorScope("validation");
    const pipeline = createPipeline(descriptor);
    const asked = device.popErrorScope().then((error) => {
      pending.delete(asked);
      if (error !== null) refused ??= `${descriptor.label ?? "a kernel"}: ${error.message}`;
    });
    pending.add(asked);
    return pipeline;
  };

  reuseBindGroups(device);

  const createBuffer = device.createBuffer.bind(device);
  const largest = Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize);
  device.createBuffer = (descriptor) => {
    if (descriptor.size > largest) {
      throw new SaenoError(
        "backend.memory",
        `A tensor of ${megabytes(descriptor.size)} is more than the ${megabytes(largest)} that this GPU can use at once: lower the batch size, the grid or the number of concepts.`,
      );
    }
    return createBuffer(descriptor);
  };

  return {
    device,
    async settled() {
      await Promise.all(pending);
    },
    check() {
      if (lost !== undefined) {
        throw new SaenoError(
          "backend.lost",
          `The GPU was lost (${lost || "no reason given"}): its values are gone. Start again from what was saved last.`,
          { kind: "data" },
        );
      }
      if (refused === undefined) return;
      const message = `The GPU refused an operation, and what was sent together with it is lost: ${refused}`;
      refused = undefined;
      throw new SaenoError("backend.gpu", message);
    },
  };
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MB`;
}
