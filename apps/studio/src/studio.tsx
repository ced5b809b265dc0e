import type { JSX } from "preact";
import { Header } from "./parts/header.tsx";
import { later } from "./parts/later.tsx";
import { address, type View } from "./state/address.ts";
import { CompareView } from "./views/compare.tsx";
import { ConceptView } from "./views/concept/concept.tsx";
import { ConceptsView } from "./views/concepts.tsx";
import { OpenView } from "./views/open.tsx";
import { SampleView } from "./views/sample/sample.tsx";
import { TrainView } from "./views/train.tsx";

const pages: Readonly<Record<View, () => JSX.Element>> = {
  open: OpenView,
  concepts: ConceptsView,
  concept: ConceptView,
  sample: SampleView,
  network: later(async () => (await import("./views/network/network.tsx")).NetworkView),
  compare: CompareView,
  train: TrainView,
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
