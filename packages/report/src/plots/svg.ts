import { type PlotOptions, plot } from "@observablehq/plot";
import { SaenoError } from "@saeno/backend";

export type DescribedPlot = PlotOptions & { readonly ariaLabel: string };

/**
 * An Observable plot as SVG text in the style of the pages.
 *
 * @param options those of `plot` of `@observablehq/plot`. Their type needs `@types/d3`; only programs that call this have to install it.
 */
export function plotSvg<Options extends { readonly ariaLabel: string }>(options: Options): string {
  return serialized(plotElement(options));
}

/** Plots of one size in rows of `columns`, as one SVG. Empty without plots. */
export function plotGrid(plots: readonly DescribedPlot[], columns: number, ariaLabel: string): string {
  const drawn = plots.map(plotElement);
  const [first] = drawn;
  if (first === undefined) return "";
  const [panelWidth, panelHeight] = [Number(first.getAttribute("width")), Number(first.getAttribute("height"))];
  const width = panelWidth * Math.min(columns, drawn.length);
  const height = panelHeight * Math.ceil(drawn.length / columns);
  const panels = drawn.map((panel, i) => {
    const place = panel.ownerDocument.createElementNS("http://www.w3.org/2000/svg", "g");
    const [x, y] = [(i % columns) * panelWidth, Math.floor(i / columns) * panelHeight];
    place.setAttribute("transform", `translate(${x},${y})`);
    place.append(...panel.childNodes);
    return place;
  });
  const sheet = { width, height, viewBox: `0 0 ${width} ${height}`, "aria-label": ariaLabel };
  for (const [name, value] of Object.entries(sheet)) first.setAttribute(name, String(value));
  first.append(...panels);
  return serialized(first);
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
    document: drawingDocument(),
  });
}

/** As XML, so that it is a picture in a file of its own as well as in a page. */
function serialized(element: Element): string {
  const { XMLSerializer } = element.ownerDocument.defaultView ?? globalThis;
  return new XMLSerializer().serializeToString(element);
}

let nodeDocument: Document | undefined;

/** The document that plots are made in: that of the page, or in Node one of jsdom, which is loaded when it is first needed. */
function drawingDocument(): Document {
  if (typeof document !== "undefined") return document;
  nodeDocument ??= jsdomDocument();
  return nodeDocument;
}

function jsdomDocument(): Document {
  // Not an import: bundles for a page would take jsdom along, and rendering would have to be asynchronous.
  const node = globalThis.process?.getBuiltinModule?.("node:module");
  if (node === undefined) {
    throw new SaenoError(
      "report.document",
      "Plots need a document, and there is none here: render on the page itself rather than in a worker.",
    );
  }
  const { JSDOM }: typeof import("jsdom") = node.createRequire(import.meta.url)("jsdom");
  return new JSDOM("").window.document;
}
