import { effect, signal } from "@preact/signals";
import type { JSX } from "preact";

type Theme = "auto" | "light" | "dark";
const themes: readonly Theme[] = ["auto", "light", "dark"];
const theme = signal<Theme>(themes.find((name) => name === localStorage.getItem("theme")) ?? "auto");
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const isDarkAround = signal(prefersDark.matches);
prefersDark.addEventListener("change", ({ matches }) => {
  isDarkAround.value = matches;
});
effect(() => {
  const around = isDarkAround.value ? "dark" : "light";
  document.documentElement.dataset.theme = theme.value === "auto" ? around : theme.value;
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
