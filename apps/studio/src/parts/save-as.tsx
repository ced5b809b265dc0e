import type { JSX } from "preact";
import { download } from "../state/download.ts";

type Content = Blob | object | unknown;

/** Quiet buttons that give a picture, and the numbers behind it, as files. */
export function SaveAs({
  name,
  files,
  text = "",
}: {
  readonly name: string;
  /** By ending; what is not a blob becomes JSON. */
  readonly files: Readonly<Record<string, () => Content | Promise<Content>>>;
  /** What stands before the ending. Default nothing: beside a picture it is plain. */
  readonly text?: string;
}): JSX.Element {
  const save = async (ending: string, make: () => Content | Promise<Content>) => {
    const content = await make();
    const isBlob = content instanceof Blob;
    download(`${name}.${ending}`, isBlob ? content : `${JSON.stringify(content, plainNumbers)}\n`, "application/json");
  };
  return (
    <span class="save-as">
      {Object.entries(files).map(([ending, make]) => (
        <button key={ending} type="button" class="quiet" onClick={() => void save(ending, make)}>
          {text === "" ? <span class="unseen">Save {name.replaceAll("-", " ")} as </span> : `${text} `}
          {ending.toUpperCase()}
        </button>
      ))}
    </span>
  );
}

function plainNumbers(_: string, value: unknown): unknown {
  return ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value;
}
