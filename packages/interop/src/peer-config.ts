import { SaenoError, shown } from "@saeno/backend";

/** The settings of another library's model, from its JSON. */
export type PeerConfig = Readonly<Record<string, unknown>>;

/** @throws SaenoError `interop.config` unless it is a JSON object. */
export function peerConfig(config: unknown, name: string): PeerConfig {
  if (typeof config === "object" && config !== null && !Array.isArray(config)) return config as PeerConfig;
  throw configError(`The config of ${name} must be a JSON object; got ${config === null ? "null" : typeof config}.`);
}

/** @throws SaenoError `interop.config` unless it is an object; nothing counts as an empty one. */
export function section(config: PeerConfig, key: string, name: string): PeerConfig {
  return peerConfig(config[key] ?? {}, `${name}, "${key}",`);
}

/** @throws SaenoError `interop.config` for a setting that is not a positive integer. */
export function wholeNumber(config: PeerConfig, key: string, name: string): number {
  const value = config[key];
  if (Number.isInteger(value) && (value as number) >= 1) return value as number;
  const problem = value === undefined ? `lacks "${key}"` : `says "${key}": ${shown(value)}`;
  throw configError(`The config of ${name} ${problem}; expected a positive integer.`);
}

/** @throws SaenoError `interop.config` when a size that the config states is not that of the tensors. */
export function checkSize(config: PeerConfig, key: string, found: number, name: string): void {
  const stated = config[key];
  if (stated === undefined || stated === null || stated === found) return;
  throw configError(
    `The config of ${name} says "${key}": ${shown(stated)}, its tensors ${found}: are the two files of one model?`,
  );
}

export function configError(message: string): SaenoError {
  return new SaenoError("interop.config", message, { kind: "data" });
}

/** A valid model that ours cannot compute. */
export function unsupported(message: string): SaenoError {
  return new SaenoError("interop.unsupported", message, { kind: "data" });
}
