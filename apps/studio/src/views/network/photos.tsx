/** A photo, the concepts that a layer has for it, and what the network says of it. */

import { transfer } from "comlink";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { NetworkInfo, OutputView, PhotoChoice, PhotoView } from "../../engine/network-session.ts";
import type { RunInfo } from "../../engine/run-session.ts";
import { Problem } from "../../parts/problem.tsx";
import { useAnswer } from "../../parts/use-answer.ts";
import { Waiting } from "../../parts/waiting.tsx";
import { address, navigate } from "../../state/address.ts";
import { running } from "../../state/studio.ts";
import { ActiveConcepts, energiesOf } from "../sample/active-concepts.tsx";
import { useCamera } from "./camera.ts";
import { ConceptOutline, outlineColors } from "./outline.tsx";
import { Outputs } from "./outputs.tsx";
import { Photo } from "./photo.tsx";

/** What an output is likely to be called that says what is in the photo. */
const telling = /class|cls|prob|logit|score|keypoint|heat/i;

/** Photos so far: each has a key of its own, which the engine knows the last by. */
let count = 0;

export function Photos({ info, network }: { readonly info: RunInfo; readonly network: NetworkInfo }): JSX.Element {
  const { run: place = "", network: choice, sample, edits, concept: wanted, output, channel } = address.value;
  const [given, setGiven] = useState<{ readonly key: string; readonly image: Blob; readonly name: string }>();
  const [live, setLive] = useState<{ readonly view: PhotoView; readonly output: OutputView }>();
  const { images } = network;
  const index = Math.min(sample, (images?.size ?? 1) - 1);
  const name =
    [output, network.outputs.find((each) => telling.test(each)), network.outputs[0]].find(
      (each) => each !== undefined && network.outputs.includes(each),
    ) ?? "";
  const camera = useCamera(async (frame) => {
    const engine = await running();
    const key = `frame ${count++}`;
    const photo: PhotoChoice = { key, image: transfer(frame, [frame]) };
    const view = await engine.photo(place, choice, photo);
    // The frame is known by its key now, and its pixels are not needed any more.
    const kept: PhotoChoice = { key, image: new Blob() };
    const now = address.value;
    setLive({ view, output: await engine.output(place, choice, kept, now.edits, { name, channel: now.channel }) });
  });
  const isLive = camera.state === "on";
  const photo: PhotoChoice | undefined = given ?? (images === undefined ? undefined : { index });
  const question =
    photo === undefined || isLive ? undefined : JSON.stringify([place, choice, "key" in photo ? photo.key : index]);
  const seen = useAnswer(question, (engine) => engine.photo(place, choice, photo ?? { index }));
  const said = useAnswer(question && `${question} ${JSON.stringify([edits, name, channel])}`, (engine) =>
    engine.output(place, choice, photo ?? { index }, edits, { name, channel }),
  );
  const view = isLive ? live?.view : seen.state === "ready" ? seen.value : undefined;
  const answer = isLive ? live?.output : said.state === "ready" ? said.value : undefined;
  useUndo();

  const take = (image: Blob | undefined, title: string) => {
    if (image === undefined) return;
    camera.stop();
    setGiven({ key: `photo ${count++}`, image, name: title });
  };
  const go = (next: number) => {
    setGiven(undefined);
    navigate({ sample: next, edits: [], concept: undefined });
  };
  const takeFile = (files: FileList | undefined | null) => {
    const [file] = files ?? [];
    if (file === undefined) return;
    take(file, file.name);
    navigate({ edits: [], concept: undefined });
  };
  const strongest = view === undefined ? [] : energiesOf(view.codes).map((each) => each.concept);
  const concept = wanted ?? strongest[0] ?? 0;
  const others = strongest.filter((each) => each !== concept);
  return (
    <section
      class="photos"
      aria-label="A photo"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        takeFile(event.dataTransfer?.files);
      }}
    >
      <div class="row">
        {images !== undefined && (
          <>
            <label>
              Image{" "}
              <input
                type="number"
                min="0"
                max={images.size - 1}
                value={index}
                onChange={({ currentTarget }) => go(Number(currentTarget.value))}
              />{" "}
              of {images.size}
            </label>
            <button type="button" class="secondary" disabled={index === 0} onClick={() => go(index - 1)}>
              Previous
            </button>
            <button type="button" class="secondary" disabled={index + 1 >= images.size} onClick={() => go(index + 1)}>
              Next
            </button>
          </>
        )}
        <label class="button secondary">
          Choose a photo
          <input
            type="file"
            class="unseen"
            accept="image/*"
            onChange={({ currentTarget }) => takeFile(currentTarget.files)}
          />
        </label>
        {camera.state === "off" ? (
          <button type="button" class="secondary" onClick={() => void camera.start()}>
            Camera
          </button>
        ) : (
          <>
            <button type="button" onClick={async () => take(await camera.take(), "the camera")} disabled={!isLive}>
              Keep this one
            </button>
            <button type="button" class="secondary" onClick={camera.stop}>
              Stop the camera
            </button>
            <output>
              {isLive && live ? `${camera.framesPerSecond.toPrecision(2)} frames per second` : "starting"}
            </output>
          </>
        )}
        {given !== undefined && !isLive && <span>{given.name}</span>}
      </div>
      <Problem text={camera.problem} />
      {network.withoutImages !== undefined && <p class="note">{network.withoutImages}</p>}
      {photo === undefined && !isLive && <p>Choose a photo, drop one here, or take it with the camera.</p>}
      {!isLive && view === undefined && <Waiting for={seen}>{() => null}</Waiting>}
      {!isLive && said.state === "failed" && <Waiting for={said}>{() => null}</Waiting>}
      {view !== undefined && (
        <div class="workbench">
          <div class="duo">
            <Photo
              info={info}
              network={network}
              view={view}
              where={answer?.where ?? view.where}
              concept={concept}
              others={others}
            />
            <Outputs network={network} name={name} answer={answer} />
          </div>
          <ActiveConcepts
            info={info}
            codes={view.codes}
            chosen={concept}
            picture={(each) => (
              <ConceptOutline
                map={view.where.get(each)}
                network={network}
                color={each === concept ? "var(--mark)" : (outlineColors[others.indexOf(each)] ?? "var(--muted)")}
              />
            )}
          />
        </div>
      )}
    </section>
  );
}

/** Ctrl+Z takes the last edit back. */
function useUndo(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { edits } = address.value;
      const isTyping = event.target instanceof HTMLInputElement && event.target.type !== "range";
      if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || isTyping || edits.length === 0) return;
      event.preventDefault();
      navigate({ edits: edits.slice(0, -1) });
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}
