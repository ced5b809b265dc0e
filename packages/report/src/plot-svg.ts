import { type PlotOptions, plot } from "@observablehq/plot";
import { JSDOM } from "jsdom";

let document: Document | undefined;

/** An Observable plot as SVG text in the report's style, drawn without a browser. */
export function plotSvg(options: PlotOptions & { readonly ariaLabel: string }): string {
  document ??= new JSDOM("").window.document;
  const drawn = plot({
    width: 560,
    height: 280,
    marginLeft: 52,
    marginRight: 20,
    marginBottom: 38,
    ...options,
    className: "plot",
    style: { background: "transparent", fontSize: "11px", fontFamily: "inherit", overflow: "visible" },
    document,
  });
  return drawn.outerHTML;
}
