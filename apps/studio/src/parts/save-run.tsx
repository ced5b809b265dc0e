import { zip } from "fflate";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { download } from "../state/download.ts";
import { messageOf, running } from "../state/studio.ts";

declare global {
  interface Window {
    /** Not in every browser. */
    readonly showDirectoryPicker?: (options: { readonly mode: "readwrite" }) => Promise<FileSystemDirectoryHandle>;
  }
}

/** Takes a run out of the browser: as an archive, a run folder for the command line. */
export function SaveRun({ place }: { readonly place: string }): JSX.Element {
  const [problem, setProblem] = useState("");
  const name = place.split("/").at(-1) ?? "run";
  const filesOfRun = async () => (await running()).files(place);
  const saying = async (work: () => Promise<void>) => {
    setProblem("");
    try {
      await work();
    } catch (error) {
      // Whoever closes the dialog wants nothing.
      if (!(error instanceof DOMException && error.name === "AbortError")) setProblem(messageOf(error));
    }
  };
  const saveFolder = () =>
    saying(async () => {
      const folder = await window.showDirectoryPicker?.({ mode: "readwrite" });
      const run = await folder?.getDirectoryHandle(name, { create: true });
      for (const [file, content] of await filesOfRun()) {
        const handle = await run?.getFileHandle(file, { create: true });
        const stream = await handle?.createWritable();
        await stream?.write(content as BufferSource);
        await stream?.close();
      }
    });
  const saveArchive = () =>
    saying(async () => {
      const files = await filesOfRun();
      const inFolder = Object.fromEntries([...files].map(([file, content]) => [`${name}/${file}`, content]));
      const archive = await new Promise<Uint8Array>((resolve, reject) =>
        zip(inFolder, { level: 6 }, (error, data) => (error === null ? resolve(data) : reject(error))),
      );
      download(`${name}.zip`, archive, "application/zip");
    });
  return (
    <>
      <button type="button" class="secondary" onClick={() => void saveArchive()}>
        Save as {name}.zip
      </button>
      {window.showDirectoryPicker !== undefined && (
        <button type="button" class="secondary" onClick={() => void saveFolder()}>
          Save into a folder
        </button>
      )}
      {problem !== "" && (
        <span class="failed" role="alert">
          {problem}
        </span>
      )}
    </>
  );
}
