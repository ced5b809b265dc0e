import type { JSX } from "preact";
import { Header } from "./parts/header.tsx";
import { later } from "./parts/later.tsx";
import { address, type View } from "./state/address.ts";
import { ConceptsView } from "./views/concepts.tsx";
import { OpenView } from "./views/open.tsx";
import { SampleView } from "./views/sample/sample.tsx";

/** What is not there at first is loaded when it is looked at. */
const pages: Readonly<Record<View, (props: object) => JSX.Element>> = {
  open: OpenView,
  concepts: ConceptsView,
  concept: later(async () => (await import("./views/concept/concept.tsx")).ConceptView),
  sample: SampleView,
  network: later(async () => (await import("./views/network/network.tsx")).NetworkView),
  compare: later(async () => (await import("./views/compare.tsx")).CompareView),
  train: later(async () => (await import("./views/train.tsx")).TrainView),
};

export function Studio(): JSX.Element {
  const { view, run } = address.value;
  // Without a run there is nothing to see of one.
  const Page = pages[run === undefined && view !== "train" ? "open" : view];
  return (
    <>
      <Header />
      <main id="main">
        <Page />
      </main>
    </>
  );
}
