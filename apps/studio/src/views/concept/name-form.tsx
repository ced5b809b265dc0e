import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { RunInfo } from "../../engine/run-session.ts";
import { address, hrefOf } from "../../state/address.ts";
import { messageOf, reopen, running } from "../../state/studio.ts";

/** What a concept is called, and where others are. */
export function NameForm({ info, concept }: { readonly info: RunInfo; readonly concept: number }): JSX.Element {
  const name = info.names.get(concept) ?? "";
  const [said, setSaid] = useState("");
  const save = async (text: string) => {
    if (text === name) return;
    try {
      const isKept = await (await running()).rename(address.value.run ?? "", concept, text);
      await reopen();
      setSaid(isKept ? "saved" : "The run is on a server and is not changed; open a copy to give names.");
    } catch (error) {
      setSaid(messageOf(error));
    }
  };
  return (
    <div class="row">
      <h1>
        Concept {concept}
        {name !== "" && `: ${name}`}
      </h1>
      <label>
        Name{" "}
        <input
          defaultValue={name}
          maxLength={80}
          placeholder="what is it?"
          onChange={({ currentTarget }) => void save(currentTarget.value)}
        />
      </label>
      <span role="status" class="note">
        {said}
      </span>
      <span class="steps">
        {concept > 0 && <a href={hrefOf({ concept: concept - 1 })}>previous</a>}{" "}
        {concept + 1 < info.conceptCount && <a href={hrefOf({ concept: concept + 1 })}>next</a>}
      </span>
    </div>
  );
}
