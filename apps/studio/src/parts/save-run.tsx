import { zip } from "fflate";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { download } from "../state/download.ts";
import { messageOf, running } from "../state/studio.ts";

/** Takes a run out of the browser: as an archive, a run folder for the command line. */
export function SaveRun({ place }: { readonly place: string }): JSX.Element {
  const [problem, setProblem] = useState("");
  const name = place.split("/").at(-1) ?? "run";
  const save = async () => {
    try {
      const files = await (await running()).files(place);
      const inFolder = Object.fromEntries([...files].map(([file, content]) => [`${name}/${file}`, content]));
      const archive = await new Promise<Uint8Array>((resolve, reject) =>
        zip(inFolder, { level: 6 }, (error, data) => (error === null ? resolve(data) : reject(error))),
      );
      download(`${name}.zip`, archive, "application/zip");
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <>
      <button type="button" class="secondary" onClick={() => void save()}>
        Save as {name}.zip
      </button>
      {problem !== "" && (
        <span class="failed" role="alert">
          {problem}
        </span>
      )}
    </>
  );
}
