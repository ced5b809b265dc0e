/**
 * A backend plugin brings a tfjs backend and the kernels that saeno adds to it.
 * Plugins are registered by whoever assembles a program; nothing is discovered behind one's back.
 */
import { enableProdMode, getBackend, ready, setBackend } from "@tensorflow/tfjs-core";
import { SaenoError } from "./error.ts";

export type Availability = {
  /** What was found where it was looked: adapters, limits, drivers, versions. For people who look for a fault. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
} & (
  | {
      readonly available: true;
      readonly detail: string;
      /** It imitates hardware that is not there: right, but slow. `auto` passes it over. */
      readonly software?: boolean;
    }
  | { readonly available: false; readonly reason: string }
);

export interface BackendPlugin {
  /** The name users write and tfjs knows, such as `wasm`. */
  readonly name: string;
  available(): Promise<Availability>;
  /** Makes the tfjs backend of this name known and registers kernels for contracts. */
  init(options?: Readonly<Record<string, unknown>>): Promise<void>;
  dispose?(): Promise<void>;
}

export interface ChosenBackend {
  readonly name: string;
  /** Why this one: what was asked for, what was passed over and for which reason. */
  readonly reason: string;
}

/** The order in which `auto` looks. */
const preference = ["webgpu", "node-gpu", "node", "wasm", "cpu"];
const plugins = new Map<string, BackendPlugin>();
let current: BackendPlugin | undefined;

/** Makes a plugin selectable by name. A later one of the same name replaces the earlier. */
export function registerBackend(plugin: BackendPlugin): void {
  plugins.set(plugin.name, plugin);
}

export function registeredBackends(): readonly BackendPlugin[] {
  return [...plugins.values()].sort((a, b) => rank(a.name) - rank(b.name));
}

/**
 * Selects the backend that every later operation runs on, and registers the gradients of tfjs.
 *
 * @param choice a plugin, the name of a registered one, or `auto`: the first available of webgpu, node-gpu, node, wasm,
 *   cpu and then any other registered plugin, software that imitates hardware left out.
 * @throws SaenoError `backend.unknown` for a name that is not registered, `backend.unavailable` with the plugin's reason.
 */
export async function useBackend(choice: BackendPlugin | string): Promise<ChosenBackend> {
  if (typeof choice !== "string") {
    registerBackend(choice);
    return useBackend(choice.name);
  }
  const passedOver: string[] = [];
  const candidates = choice === "auto" ? registeredBackends() : [plugins.get(choice)];
  for (const plugin of candidates) {
    if (plugin === undefined) {
      const names = registeredBackends().map(({ name }) => name);
      throw new SaenoError(
        "backend.unknown",
        `There is no backend "${choice}". Registered: ${names.join(", ") || "none"}; or "auto".`,
      );
    }
    const availability = await plugin.available();
    if (availability.available && choice === "auto" && availability.software) {
      passedOver.push(`${plugin.name} (${availability.detail}, is software; it can be asked for by name)`);
      continue;
    }
    if (availability.available) {
      await activate(plugin);
      // Started, it may know more of itself.
      const { detail } = { ...availability, ...(await plugin.available()) };
      const skipped = passedOver.length > 0 ? `; passed over ${passedOver.join(", ")}` : "";
      const slow = availability.software ? "; it is software, and slow: a GPU takes its driver" : "";
      return {
        name: plugin.name,
        reason: `${choice === "auto" ? "first available" : "asked for"}, ${detail}${slow}${skipped}`,
      };
    }
    passedOver.push(`${plugin.name} (${availability.reason})`);
  }
  throw new SaenoError(
    "backend.unavailable",
    passedOver.length > 0
      ? `No backend is available: ${passedOver.join(", ")}.`
      : "No backend is registered. Register one, for example registerBackend(cpuBackend).",
  );
}

async function activate(plugin: BackendPlugin): Promise<void> {
  await import("./gradients.ts");
  // tfjs greets on the console otherwise; nothing else that saeno uses depends on this flag.
  enableProdMode();
  if (current !== plugin) {
    await plugin.init();
    current = plugin;
  }
  // Rejects where the plugin made no such backend known, resolves to false where it does not start.
  if (getBackendOrNone() !== plugin.name && !(await setBackend(plugin.name).catch(() => false))) {
    throw new SaenoError("backend.failed", `The backend "${plugin.name}" could not be started.`);
  }
  await ready();
}

function getBackendOrNone(): string | undefined {
  try {
    return getBackend();
  } catch {
    return undefined;
  }
}

function rank(name: string): number {
  const index = preference.indexOf(name);
  return index < 0 ? preference.length : index;
}
