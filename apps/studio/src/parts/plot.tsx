import { type PlotOptions, plot } from "@observablehq/plot";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { SaveAs } from "./save-as.tsx";

export type DescribedPlot = PlotOptions & { readonly ariaLabel: string };

/** An Observable plot, as wide as its place; as a file it is SVG, its numbers JSON. */
export function Plot({
  options,
  name,
  numbers,
}: {
  readonly options: DescribedPlot;
  readonly name: string;
  readonly numbers: unknown;
}): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const target = place.current;
    if (target === null) return;
    const draw = () => {
      const width = target.clientWidth || 320;
      const drawn = plot({ height: 180, marginLeft: 44, ...options, width, className: "plot" });
      // The rules that it brings along are in our stylesheet: pages here take no style that is made on the way.
      drawn.querySelector("style")?.remove();
      // It is an image with a name; names of its parts would be read by nobody.
      for (const part of drawn.querySelectorAll("g[aria-label]")) part.removeAttribute("aria-label");
      target.replaceChildren(drawn);
    };
    draw();
    const observer = new ResizeObserver(draw);
    observer.observe(target);
    return () => observer.disconnect();
  }, [options]);
  const svg = () => {
    const drawn = place.current?.querySelector("svg");
    return new Blob([drawn ? standalone(drawn) : ""], { type: "image/svg+xml" });
  };
  return (
    <div>
      <div ref={place} />
      <SaveAs name={name} files={{ svg, json: () => numbers }} />
    </div>
  );
}

/** A plot as a file of its own: colors and fonts of the page stay with it. */
function standalone(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const { color, fontFamily, fontSize } = getComputedStyle(svg);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("color", color);
  copy.setAttribute("font-family", fontFamily);
  copy.setAttribute("font-size", fontSize);
  const variables = getComputedStyle(document.documentElement);
  return new XMLSerializer()
    .serializeToString(copy)
    .replace(/var\((--[\w-]+)\)/g, (_, name: string) => variables.getPropertyValue(name).trim());
}
