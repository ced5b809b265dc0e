import { Fault, type FuzzTarget } from "../target.ts";
import { bombs } from "./bombs.ts";
import { configurations, flags, recipes } from "./configurations.ts";
import { gzip } from "./gzip.ts";
import { hdf5 } from "./hdf5.ts";
import { idx } from "./idx.ts";
import { imageTargets } from "./images.ts";
import { json } from "./json.ts";
import { mnist } from "./mnist.ts";
import { npy } from "./npy.ts";
import { npz } from "./npz.ts";
import { peerTargets } from "./peers.ts";
import { planted } from "./planted.ts";
import { recognizer } from "./recognizer.ts";
import { records, runConfigs, runWeights } from "./runs.ts";
import { safetensors } from "./safetensors.ts";
import { shorthand } from "./shorthand.ts";
import { zarr } from "./zarr.ts";

/** A target for every reader. */
export const fuzzTargets: readonly FuzzTarget[] = [
  npy,
  npz,
  safetensors,
  hdf5,
  zarr,
  idx,
  mnist,
  gzip,
  ...imageTargets,
  json,
  configurations,
  flags,
  recipes,
  runConfigs,
  runWeights,
  records,
  ...peerTargets,
  shorthand,
  recognizer,
  bombs,
];

/** @throws Fault where there is none of that name. */
export function findTarget(name: string): FuzzTarget {
  const found = [...fuzzTargets, planted].find((target) => target.name === name);
  if (found === undefined) throw new Fault(`There is no target "${name}".`);
  return found;
}
