import type { Finding } from "@saeno/report/parts";
import type { JSX } from "preact";
import type { Answers } from "../engine/trust.ts";
import { useAnswer } from "./use-answer.ts";
import { Waiting } from "./waiting.tsx";

const looks: Readonly<Record<NonNullable<Finding["look"]>, string>> = { pass: "fine", partly: "look", fail: "beware" };

/** What to know before believing the numbers of a run. */
export function Trust({ place }: { readonly place: string }): JSX.Element {
  const answers = useAnswer(place, (engine) => engine.trust(place));
  return <Waiting for={answers}>{(value) => value.length > 0 && <Table answers={value} />}</Waiting>;
}

function Table({ answers }: { readonly answers: Answers }): JSX.Element {
  return (
    <section aria-labelledby="trust-title">
      <h2 id="trust-title">Can I trust it?</h2>
      <div class="scroll">
        <table>
          <tbody>
            {answers.map(({ asks, finding: { text, look, notes = [] } }) => (
              <tr key={asks}>
                <th scope="row">{asks}</th>
                <td>
                  {text} {look && <span class={`badge ${look}`}>{looks[look]}</span>}
                  <br />
                  <small>{notes.filter(Boolean).join(" ")}</small>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
