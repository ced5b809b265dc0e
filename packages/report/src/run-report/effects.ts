import { editInWords, type KeptEffects } from "@saeno/inspect";
import { channelName, effectsNote, mainEffects } from "../concepts/network-part.ts";
import type { ReportModel } from "../data/report-data.ts";
import { type Html, html } from "../page/html.ts";
import { modelLabel } from "../page/legend.ts";
import { formatCost, formatNumber, formatShare } from "../page/numbers.ts";
import { conceptLabel } from "./concept-label.ts";
import { defineSection, type ReportSection } from "./section.ts";

/** Concepts of a model that are listed, at most. */
const mostListed = 16;

export const effects: ReportSection = defineSection({
  kind: "effects",
  summary: "What concepts do to the outputs of the network whose maps they are of, those that do most first.",
  draw({ models }) {
    const tables = models.flatMap((model, index) => {
      const main = mainEffects(model.effects ?? []);
      return main === undefined ? [] : [table(model, index, main)];
    });
    if (tables.length === 0) return undefined;
    const title = "What concepts do to the network";
    return {
      title,
      reading: "The concepts whose edit changes the output of the network most come first.",
      body: html`${tables}`,
    };
  },
});

function table(model: ReportModel, index: number, main: KeptEffects): Html {
  const others = (model.effects ?? []).filter((each) => each !== main);
  const has = {
    attribution: main.rankCorrelation !== undefined,
    channels: main.concepts.some(({ channels }) => channels),
  };
  const heading = [
    html`<th>concept</th><th class="number">images</th><th class="number">effect, ${editInWords(main.edit)}</th>`,
    has.attribution ? html`<th class="number">output gained</th><th class="number">attribution</th>` : undefined,
    has.channels ? html`<th>most in</th>` : undefined,
    others.map(({ edit, output }) => html`<th class="number">${editInWords(edit)}, ${output}</th>`),
  ];
  const rows = main.concepts
    .slice(0, mostListed)
    .map(({ concept, samples, change, effect, attribution, channels: [most] = [] }) => {
      const other = others.map(({ concepts }) => {
        const found = concepts.find((each) => each.concept === concept);
        return html`<td class="number">${found === undefined ? "" : formatCost(found.change)}</td>`;
      });
      return html`<tr><th>${conceptLabel(model, concept)}</th><td class="number">${formatNumber(samples)}</td><td class="number">${formatCost(change)}</td>${
        has.attribution
          ? html`<td class="number">${formatNumber(effect)}</td><td class="number">${formatNumber(attribution)}</td>`
          : undefined
      }${has.channels ? html`<td>${most === undefined ? "" : `${channelName(most.channel, main)} (${formatShare(most.share)})`}</td>` : undefined}${other}</tr>`;
    });
  const left = main.concepts.length - rows.length;
  return html`<div class="panel"><p>${modelLabel(model.name, index)}${left > 0 ? html` <small>${left} more not shown</small>` : undefined}</p><table><thead><tr>${heading}</tr></thead><tbody>${rows}</tbody></table><p class="note">${effectsNote(main)}</p></div>`;
}
