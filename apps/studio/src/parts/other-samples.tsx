import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { address } from "../state/address.ts";
import { messageOf, reopen, running } from "../state/studio.ts";
import { Problem } from "./problem.tsx";

/** Samples of one's own for a model that is open: images, arrays in files, or data that is generated. */
export function OtherSamples(): JSX.Element {
  const [problem, setProblem] = useState("");
  const use = async (data: string, files: readonly File[]) => {
    setProblem("");
    try {
      const info = await (await running()).useSamples(address.value.run ?? "", data, files);
      await reopen(info);
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  const take = (files: readonly File[]) => {
    const [first] = files;
    if (first !== undefined) void use(`${first.name.split(".").at(-1)}:${first.name}`, files);
  };
  return (
    <details
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        take([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      <summary>Other samples</summary>
      <div class="row">
        <label class="button secondary">
          Images, or .npy, .npz, .safetensors
          <input
            type="file"
            class="unseen"
            multiple
            accept="image/*,.npy,.npz,.safetensors"
            onChange={({ currentTarget }) => take([...(currentTarget.files ?? [])])}
          />
        </label>
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            void use(String(new FormData(event.currentTarget).get("data")), []);
          }}
        >
          <label>
            or generated <input name="data" placeholder="shapes:64" required />
          </label>
          <button type="submit" class="secondary">
            Use
          </button>
        </form>
      </div>
      <Problem text={problem} />
    </details>
  );
}
