import type { JSX } from "preact";
import { type BackendName, backendNames } from "../engine/backends.ts";
import { engine, useBackend } from "../state/studio.ts";

export function BackendMenu(): JSX.Element {
  const now = engine.value;
  const chosen = now.state === "ready" ? now.value.info.backend : "wasm";
  return (
    <label class="backend" title={now.state === "ready" ? now.value.info.reason : undefined}>
      <span class="unseen">Backend</span>
      <select
        value={chosen}
        disabled={now.state === "loading"}
        onChange={({ currentTarget }) => void useBackend(currentTarget.value as BackendName)}
      >
        {Object.entries(backendNames).map(([name, label]) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </select>
      <small>
        {now.state === "ready"
          ? now.value.info.reason.replace(/^.*WebAssembly, /, "")
          : now.state === "loading"
            ? "starting"
            : ""}
      </small>
    </label>
  );
}
