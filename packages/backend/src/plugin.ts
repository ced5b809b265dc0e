/**
 * A backend plugin brings a tfjs backend and the kernels that saeno adds to it. Programs register the plugins that they use; none is discovered by itself.
 */
import { enableProdMode, getBackend, ready, setBackend } from "@tensorflow/tfjs-core";
import { strictObject } from "valibot";
import { type Component, componentsOf, defineComponent, findComponent, register } from "./component.ts";
import { messageOf, SaenoError } from "./error.ts";

export type Availability = {
  /** What was found: adapters, limits, drivers, versions. For diagnosis. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
} & (
  | {
      readonly available: true;
      readonly detail: string;
      /** It emulates missing hardware: correct, but slow. `auto` skips it. */
      readonly software?: boolean;
      /** What keeps it from running faster. */
      readonly warning?: string;
    }
  | { readonly available: false; readonly reason: string }
);

/** Its kind is the name that users write and tfjs knows, such as `wasm`. */
export interface BackendPlugin extends Component {
  available(): Promise<Availability>;
  /** Registers the tfjs backend of this name, and kernels for contracts. */
  init(): Promise<void>;
  dispose?(): Promise<void>;
}

export interface ChosenBackend {
  readonly name: string;
  /** Why this one: what was asked for, what was passed over, and why. */
  readonly reason: string;
  /** What should be fixed: what keeps this backend from its full speed, or backends that `auto` would have preferred from starting. */
  readonly warning?: string;
}

/** The order in which `auto` looks. */
const preference = ["webgpu", "node-gpu", "node", "wasm", "cpu"];
let current: BackendPlugin | undefined;

/** Describes a backend. `register` makes it selectable by its kind; `useBackend` also takes it as it is. */
export function defineBackend(definition: Omit<BackendPlugin, "type" | "schema">): BackendPlugin {
  return defineComponent("backend", { ...definition, schema: strictObject({}) });
}

/** Backends that can be selected by name, in the order in which `auto` looks. */
export function registeredBackends(): readonly BackendPlugin[] {
  return componentsOf<BackendPlugin>("backend", []).toSorted((a, b) => rank(a.kind) - rank(b.kind));
}

/**
 * Selects the backend that every later operation runs on, and registers the gradients of tfjs.
 *
 * @param choice a plugin, the name of a registered one, or `auto`: the first available of webgpu, node-gpu, node, wasm, cpu and then any other registered
 *   plugin, without software that emulates hardware and backends that do not start.
 * @throws SaenoError `component.unknown` for a name that is not registered, `backend.unavailable` with the plugin's reason.
 */
export async function useBackend(choice: BackendPlugin | string): Promise<ChosenBackend> {
  if (typeof choice !== "string") {
    register(choice);
    return useBackend(choice.kind);
  }
  const [passedOver, broken]: [string[], string[]] = [[], []];
  const candidates = choice === "auto" ? registeredBackends() : [findComponent<BackendPlugin>("backend", choice, [])];
  for (const plugin of candidates) {
    const availability = await plugin.available();
    if (availability.available && choice === "auto" && availability.software) {
      passedOver.push(`${plugin.kind} (${availability.detail}, is software; it can be asked for by name)`);
      continue;
    }
    if (availability.available) {
      try {
        await activate(plugin);
      } catch (error) {
        // The next one may do with less memory, or fewer threads.
        if (choice !== "auto") throw error;
        const problem = messageOf(error).replace(/\.$/, "");
        passedOver.push(`${plugin.kind} (does not start: ${problem})`);
        broken.push(`The backend ${plugin.kind} does not start: ${problem}.`);
        continue;
      }
      // Started, it may know more of itself.
      const { detail, warning } = { ...availability, ...(await plugin.available()) };
      const skipped = passedOver.length > 0 ? `; passed over ${passedOver.join(", ")}` : "";
      if (broken.length > 0) broken.push(`Everything runs on ${plugin.kind} instead, which may be many times slower.`);
      const warnings = warning === undefined ? broken : [...broken, warning];
      const slow = availability.software
        ? "; this is software emulation, and slow: install the driver of your GPU"
        : "";
      return {
        name: plugin.kind,
        reason: `${choice === "auto" ? "first available" : "asked for"}, ${detail}${slow}${skipped}`,
        ...(warnings.length > 0 && { warning: warnings.join(" ") }),
      };
    }
    passedOver.push(`${plugin.kind} (${availability.reason})`);
  }
  throw new SaenoError(
    "backend.unavailable",
    passedOver.length > 0
      ? `No backend is available: ${passedOver.join(", ")}.`
      : "No backend is registered. Register one, for example register(cpuBackend).",
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
  if (getBackendOrNone() !== plugin.kind && !(await setBackend(plugin.kind).catch(() => false))) {
    throw new SaenoError("backend.failed", `The backend "${plugin.kind}" could not be started.`);
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
