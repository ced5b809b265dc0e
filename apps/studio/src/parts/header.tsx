import type { JSX } from "preact";
import { address, hrefOf, type View } from "../state/address.ts";
import { engine, run } from "../state/studio.ts";
import { BackendMenu } from "./backend-menu.tsx";
import { ThemeButton } from "./theme-button.tsx";

const tabs: readonly (readonly [View, string])[] = [
  ["open", "Open"],
  ["concepts", "Concepts"],
  ["sample", "Samples"],
  ["network", "In a network"],
  ["compare", "Compare"],
  ["train", "Train"],
];

export function Header(): JSX.Element {
  const { view, run: place } = address.value;
  const opened = run.value;
  return (
    <header>
      <a class="skip" href="#main">
        to the content
      </a>
      <a class="brand" href={hrefOf({ view: "open" })}>
        saeno <span>studio</span>
      </a>
      <nav aria-label="Views">
        {tabs.map(([tab, label]) => {
          const isHere = tab === view || (tab === "concepts" && view === "concept");
          const needsRun = tab !== "open" && tab !== "train";
          return needsRun && place === undefined ? (
            <span key={tab} aria-disabled="true" title="Open a run first">
              {label}
            </span>
          ) : (
            <a key={tab} href={hrefOf({ view: tab })} {...(isHere ? { "aria-current": "page" } : {})}>
              {label}
            </a>
          );
        })}
      </nav>
      <p class="where">
        {opened.state === "ready" && (
          <>
            <b>{place?.replace(/^(saved:)?runs\//, "")}</b> {opened.value.name}, {opened.value.samples?.name}
          </>
        )}
      </p>
      <BackendMenu />
      <ThemeButton />
      {engine.value.state === "failed" && (
        <p class="failed" role="alert">
          {engine.value.why}
        </p>
      )}
    </header>
  );
}
