/** A run on the machine that serves the page. */
export interface ServedRun {
  readonly place: string;
  readonly state: string;
  readonly step: number;
  readonly steps?: number;
}

/** The runs that `saeno studio` serves beside the page; none where it is static files only. */
export async function servedRuns(): Promise<readonly ServedRun[]> {
  const list = document.querySelector<HTMLMetaElement>('meta[name="saeno-runs"]')?.content;
  if (list === undefined) return [];
  const response = await fetch(list);
  const { runs }: { readonly runs: readonly ServedRun[] } = await response.json();
  return runs;
}
