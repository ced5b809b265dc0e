import { type PlotOptions, plot } from "@observablehq/plot";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

export type DescribedPlot = PlotOptions & { readonly ariaLabel: string };

/** An Observable plot, as wide as its place. */
export function Plot({ options }: { readonly options: DescribedPlot }): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const target = place.current;
    if (target === null) return;
    const draw = () => {
      const width = target.clientWidth || 320;
      const drawn = plot({ height: 180, marginLeft: 44, ...options, width, className: "plot" });
      // The rules that it brings along are in our stylesheet: pages here take no style that is made on the way.
      drawn.querySelector("style")?.remove();
      target.replaceChildren(drawn);
    };
    draw();
    const observer = new ResizeObserver(draw);
    observer.observe(target);
    return () => observer.disconnect();
  }, [options]);
  return <div class="plot-place" ref={place} />;
}
