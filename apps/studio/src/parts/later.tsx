import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Loading, messageOf } from "../state/studio.ts";
import { Waiting } from "./waiting.tsx";

/** A part of the page whose code is loaded when it is first looked at. */
export function later<Props extends object>(
  load: () => Promise<(props: Props) => JSX.Element>,
): (props: Props) => JSX.Element {
  let loaded: ((props: Props) => JSX.Element) | undefined;
  return function Later(props) {
    const [part, setPart] = useState<Loading<(props: Props) => JSX.Element>>(
      loaded === undefined ? { state: "loading", doing: "loading" } : { state: "ready", value: loaded },
    );
    useEffect(() => {
      if (loaded !== undefined) return;
      load().then(
        (value) => {
          loaded = value;
          setPart({ state: "ready", value });
        },
        (error) => setPart({ state: "failed", why: messageOf(error) }),
      );
    }, []);
    return <Waiting for={part}>{(Part) => <Part {...props} />}</Waiting>;
  };
}
