/** A form of everything that determines a run, made of the schemas of its components. */
import type { Setting } from "@saeno/experiments";
import type { JSX } from "preact";
import { settings } from "../state/training.ts";

/** What most people change stands open; the rest is one step away. */
const first = new Set([
  "data",
  "limit",
  "model",
  "concepts",
  "modes",
  "kernel",
  "active",
  "budget",
  "density",
  "steps",
  "batch",
  "lr",
  "seed",
]);
/** What has a place of its own in the page, or none in a page. */
const elsewhere = new Set(["backend", "from", "dictionary", "test-data", "recovery-every"]);

export function SettingsForm({ known }: { readonly known: readonly Setting[] }): JSX.Element {
  const shown = known.filter((setting) => !setting.hidden && !elsewhere.has(setting.flag) && isOfUse(setting, known));
  const groups = [...new Set(shown.map(({ group }) => group))];
  return (
    <>
      <div class="form">
        {shown
          .filter(({ flag }) => first.has(flag))
          .map((setting) => (
            <Field key={setting.flag} setting={setting} />
          ))}
      </div>
      {groups.map((group) => {
        const fields = shown.filter((setting) => setting.group === group && !first.has(setting.flag));
        return (
          fields.length > 0 && (
            <details key={group}>
              <summary>{group}</summary>
              <div class="form">
                {fields.map((setting) => (
                  <Field key={setting.flag} setting={setting} />
                ))}
              </div>
            </details>
          )
        );
      })}
    </>
  );
}

/** Whether a setting goes with the components that are chosen. */
function isOfUse({ goesWith, needs }: Setting, known: readonly Setting[]): boolean {
  if (needs === undefined) return true;
  const flag = needs.replace(/^--/, "").split(" ", 1)[0] ?? "";
  const chosen = settings.value[flag];
  if (goesWith.length === 0) return chosen !== undefined && chosen !== "";
  if (chosen !== undefined && chosen !== "") return goesWith.includes(chosen);
  // A default that depends on something may be any of these.
  const usual = String(known.find((setting) => setting.flag === flag)?.default ?? "");
  return goesWith.some((kind) => usual.split(/\W*[ ,;]+/).includes(kind));
}

function Field({ setting }: { readonly setting: Setting }): JSX.Element {
  const { flag, type, choices, description, default: fallback } = setting;
  const set = (text: string) => {
    const { [flag]: _, ...others } = settings.value;
    settings.value = text === "" ? others : { ...others, [flag]: text };
  };
  const usual = fallback === undefined || (Array.isArray(fallback) && fallback.length === 0) ? "" : String(fallback);
  const given = settings.value[flag] ?? "";
  const value = given === usual && choices.includes(usual) ? "" : given;
  const label = flag.replaceAll("-", " ");
  const id = `setting-${flag}`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {type === "yes or no" ? (
        <select id={id} value={value} onChange={({ currentTarget }) => set(currentTarget.value)}>
          <option value="">
            {usual === "" ? "as usual" : usual === "true" ? "yes" : usual === "false" ? "no" : usual}
          </option>
          <option value="true">yes</option>
          <option value="false">no</option>
        </select>
      ) : (type === "choice" || type === "kind") && flag !== "data" ? (
        <select id={id} value={value} onChange={({ currentTarget }) => set(currentTarget.value)}>
          <option value="">{choices.includes(usual) ? usual : usual === "" ? "none" : "as usual"}</option>
          {choices
            .filter((choice) => choice !== usual)
            .map((choice) => (
              <option key={choice} value={choice}>
                {choice}
              </option>
            ))}
        </select>
      ) : (
        <input
          id={id}
          type="text"
          inputMode={type === "number" || type === "whole number" ? "decimal" : "text"}
          value={value}
          placeholder={usual.length > 18 ? "as usual" : usual}
          list={flag === "data" ? "data-kinds" : undefined}
          onChange={({ currentTarget }) => set(currentTarget.value.trim())}
        />
      )}
      <small>
        {description}
        {usual.length > 18 && ` (default: ${usual})`}
      </small>
      {flag === "data" && (
        <datalist id="data-kinds">
          {choices.map((kind) => (
            <option key={kind} value={kind} />
          ))}
        </datalist>
      )}
    </div>
  );
}
