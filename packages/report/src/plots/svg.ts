import { type PlotOptions, plot } from "@observablehq/plot";
import { SaenoError } from "@saeno/backend";

export type DescribedPlot = PlotOptions & { readonly ariaLabel: string };

/**
 * An Observable plot as SVG text in the style of the pages.
 *
 * @param options those of `plot` of `@observablehq/plot`, without legends, titles, captions and tips, which are HTML and scripts rather than SVG. Their
 *   type needs `@types/d3`; only programs that call this have to install it.
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
    for (const child of [...panel.childNodes]) place.appendChild(child);
    return place;
  });
  const sheet = { width, height, viewBox: `0 0 ${width} ${height}`, "aria-label": ariaLabel };
  for (const [name, value] of Object.entries(sheet)) first.setAttribute(name, String(value));
  for (const panel of panels) first.appendChild(panel);
  return serialized(first);
}

const xlink = "http://www.w3.org/1999/xlink";
const style =
  "background: transparent; font-size: 11px; font-family: ui-sans-serif, system-ui, sans-serif; overflow: visible;";

function plotElement(options: DescribedPlot): Element {
  const element = plot({
    width: 560,
    height: 280,
    marginLeft: 52,
    marginRight: 20,
    marginBottom: 38,
    ...options,
    className: "plot",
    document: drawing().document,
  });
  element.setAttribute("style", style);
  // Serializers differ in how they write an attribute of a namespace; SVG 2 needs none for links.
  for (const link of [...element.getElementsByTagName("a")]) {
    const target = link.getAttributeNS(xlink, "href") ?? "";
    link.removeAttributeNS(xlink, "href");
    link.setAttribute("href", target);
  }
  return element;
}

/** As XML, so that it is a picture in a file of its own as well as in a page. */
function serialized(element: Element): string {
  return new (drawing().XMLSerializer)().serializeToString(element);
}

/** What plots are made with: the document of the page, or in Node one for XML, which is loaded when it is first needed. */
type Drawing = Pick<typeof globalThis, "document" | "XMLSerializer">;

let nodeDrawing: Drawing | undefined;

function drawing(): Drawing {
  if (typeof document !== "undefined") return globalThis;
  nodeDrawing ??= xmlDrawing();
  return nodeDrawing;
}

function xmlDrawing(): Drawing {
  // Not an import: bundles for a page would take the library along, and rendering would have to be asynchronous.
  const node = globalThis.process?.getBuiltinModule?.("node:module");
  if (node === undefined) {
    throw new SaenoError(
      "report.document",
      "Plots need a document, and there is none here: render on the page itself rather than in a worker.",
    );
  }
  const xml: typeof import("@xmldom/xmldom") = node.createRequire(import.meta.url)("@xmldom/xmldom");
  const document = new xml.DOMImplementation().createDocument(null, "plots");
  // It has what drawing takes of a document of a page, not all that their types promise.
  return { document, XMLSerializer: xml.XMLSerializer } as unknown as Drawing;
}
