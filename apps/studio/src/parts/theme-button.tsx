import { effect, signal } from "@preact/signals";
import type { JSX } from "preact";

type Theme = "auto" | "light" | "dark";
const themes: readonly Theme[] = ["auto", "light", "dark"];
const theme = signal<Theme>(themes.find((name) => name === localStorage.getItem("theme")) ?? "auto");
effect(() => {
  document.documentElement.dataset.theme = theme.value;
  localStorage.setItem("theme", theme.value);
});

export function ThemeButton(): JSX.Element {
  const next = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? "auto";
  return (
    <button
      type="button"
      class="quiet"
      onClick={() => {
        theme.value = next;
      }}
    >
      {theme.value === "auto" ? "Auto" : theme.value === "dark" ? "Dark" : "Light"}
      <span class="unseen"> colors; change to {next}</span>
    </button>
  );
}
