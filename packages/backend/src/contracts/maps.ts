import { gather, reshape, scatterND, transpose } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { flatIndices } from "./rows.ts";

/** The maps of chosen concepts: maps `[B, n, K]`, concepts `[B, k]` (int32) to chosen `[B, k, n]`. */
export const gatherMaps: Contract<"maps" | "concepts", "chosen", object> = defineContract({
  name: "SaenoGatherMaps",
  inputs: ["maps", "concepts"],
  outputs: ["chosen"],
  composite({ maps, concepts }) {
    const [batch, points, size] = maps.shape as [number, number, number];
    const byConcept = reshape(transpose(maps, [0, 2, 1]), [batch * size, points]);
    return { chosen: reshape(gather(byConcept, flatIndices(concepts, size)), [...concepts.shape, points]) };
  },
  gradient: {
    saves: ["maps", "concepts"],
    backward(upstream, { maps, concepts }) {
      const attributes = { conceptCount: maps.shape[2] as number };
      return { maps: () => scatterMaps({ chosen: upstream.chosen, concepts }, attributes).maps };
    },
  },
});

/** Its adjoint: chosen maps `[B, k, n]` added to maps of zeros at concepts `[B, k]`, to `[B, n, conceptCount]`. */
export const scatterMaps: Contract<"chosen" | "concepts", "maps", { readonly conceptCount: number }> = defineContract({
  name: "SaenoScatterMaps",
  inputs: ["chosen", "concepts"],
  outputs: ["maps"],
  composite({ chosen, concepts }, { conceptCount }) {
    const [batch, count, points] = chosen.shape as [number, number, number];
    const rows = reshape(flatIndices(concepts, conceptCount), [-1, 1]);
    const all = scatterND(rows, reshape(chosen, [batch * count, points]), [batch * conceptCount, points]);
    return { maps: transpose(reshape(all, [batch, conceptCount, points]), [0, 2, 1]) };
  },
  gradient: {
    saves: ["concepts"],
    backward(upstream, { concepts }) {
      return { chosen: () => gatherMaps({ maps: upstream.maps, concepts }, {}).chosen };
    },
  },
});
