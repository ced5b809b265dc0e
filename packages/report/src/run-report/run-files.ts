import { type Reporter, type RunFile, silent } from "@saeno/experiments";
import { conceptPages } from "../concepts/concept-pages.ts";
import { type KnownConcepts, samplesOfIndex } from "./known-concepts.ts";
import { type ReportedRun, reportOfRun, titleOf } from "./run-report.ts";

/**
 * The report of a run and the pages of its concepts, as files of its folder; without pages where the index is of other data. A backend must be in use.
 */
export async function* runFiles(
  run: ReportedRun & { readonly known: KnownConcepts },
  reporter: Reporter = silent,
): AsyncGenerator<RunFile> {
  const { model, source, known } = run;
  yield { name: "report.html", content: await reportOfRun(run) };
  const dataset = samplesOfIndex(run, known.index);
  if (known.pages.length === 0 || dataset === undefined) return;
  const progress = reporter.progress("pages of concepts", known.pages.length);
  try {
    yield* conceptPages({
      model,
      dataset,
      sampleShape: source.sampleShape,
      ...known,
      title: titleOf(run),
      concepts: known.pages,
      onProgress: (done) => progress.update(done),
    });
  } finally {
    progress.stop();
  }
}
