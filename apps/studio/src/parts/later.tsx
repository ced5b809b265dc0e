import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Loading, messageOf } from "../state/studio.ts";
import { Waiting } from "./waiting.tsx";

/** A view whose code is loaded when it is first looked at. */
export function later(load: () => Promise<() => JSX.Element>): () => JSX.Element {
  return function Later() {
    const [view, setView] = useState<Loading<() => JSX.Element>>({ state: "loading", doing: "loading" });
    useEffect(
      () =>
        void load().then(
          (value) => setView({ state: "ready", value }),
          (error) => setView({ state: "failed", why: messageOf(error) }),
        ),
      [],
    );
    return <Waiting for={view}>{(View) => <View />}</Waiting>;
  };
}
