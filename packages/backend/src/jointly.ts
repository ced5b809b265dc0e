import { keep, type Tensor } from "@tensorflow/tfjs-core";
import { detach } from "./detach.ts";

/**
 * Gradients that are computed together and asked for one by one, as those of real and imaginary parts.
 * tfjs disposes whatever one gradient function leaves behind, so what the others will return is kept until they do.
 * Every name must be asked for once, or none: inputs that form a pair lie on the tape together.
 */
export function jointly<Name extends string>(
  names: readonly Name[],
  compute: () => Readonly<Record<string, Tensor>>,
  sources: readonly string[] = names,
): Record<Name, () => Tensor> {
  const waiting = new Map<Name, Tensor>();
  const functions = names.map((name) => [
    name,
    () => {
      const found = waiting.get(name);
      if (found !== undefined) {
        waiting.delete(name);
        const result = detach(found);
        found.dispose();
        return result;
      }
      const results = compute();
      let own: Tensor | undefined;
      names.forEach((other, i) => {
        const tensor = results[sources[i]];
        if (other === name) own = tensor;
        else waiting.set(other, keep(detach(tensor)));
      });
      return own as Tensor;
    },
  ]);
  return Object.fromEntries(functions) as Record<Name, () => Tensor>;
}
