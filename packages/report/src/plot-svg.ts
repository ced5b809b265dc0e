import { type PlotOptions, plot } from "@observablehq/plot";
import { JSDOM } from "jsdom";

export type DescribedPlot = PlotOptions & { readonly ariaLabel: string };

let window: JSDOM["window"] | undefined;

/** An Observable plot as SVG text in the report's style, drawn without a browser. */
export function plotSvg(options: DescribedPlot): string {
  return serialized(plotElement(options));
}

/** Plots of one size in rows of so many columns, as one SVG. Empty without plots. */
export function plotGrid(plots: readonly DescribedPlot[], columns: number, ariaLabel: string): string {
  const drawn = plots.map(plotElement);
  const [first] = drawn;
  if (first === undefined) return "";
  const [panelWidth, panelHeight] = [Number(first.getAttribute("width")), Number(first.getAttribute("height"))];
  const sheet = first.cloneNode(false) as Element;
  const [width, height] = [
    panelWidth * Math.min(columns, drawn.length),
    panelHeight * Math.ceil(drawn.length / columns),
  ];
  for (const [name, value] of Object.entries({
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    "aria-label": ariaLabel,
  })) {
    sheet.setAttribute(name, String(value));
  }
  for (const [i, panel] of drawn.entries()) {
    const place = panel.ownerDocument.createElementNS("http://www.w3.org/2000/svg", "g");
    const [x, y] = [(i % columns) * panelWidth, Math.floor(i / columns) * panelHeight];
    place.setAttribute("transform", `translate(${x},${y})`);
    place.append(...panel.childNodes);
    sheet.append(place);
  }
  return serialized(sheet);
}

function plotElement(options: DescribedPlot): Element {
  return plot({
    width: 560,
    height: 280,
    marginLeft: 52,
    marginRight: 20,
    marginBottom: 38,
    ...options,
    className: "plot",
    style: {
      background: "transparent",
      fontSize: "11px",
      fontFamily: "ui-sans-serif, system-ui, sans-serif",
      overflow: "visible",
    },
    document: page().document,
  });
}

/** As XML, so that it is a picture in a file of its own as well as in a page. */
function serialized(element: Element): string {
  return new (page().XMLSerializer)().serializeToString(element);
}

function page(): JSDOM["window"] {
  window ??= new JSDOM("").window;
  return window;
}
