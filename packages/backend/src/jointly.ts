import { keep, type Tensor } from "@tensorflow/tfjs-core";
import { detach } from "./detach.ts";

/**
 * Gradients that are computed together and asked for one by one, such as those of real and imaginary parts. tfjs disposes of whatever a gradient function
 * leaves behind, so the results for the others are kept until they are asked for. Either every name is asked for exactly once, or none is: inputs that form
 * a pair are on the tape together.
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
