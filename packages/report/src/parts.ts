/** For programs that draw by themselves: how functions become colors, and what to know before believing the numbers of a run. Loads no plotting library. */
export {
  type MapOutline,
  mapOutline,
  type OutlinedImage,
  outlineElement,
} from "./concepts/map-outline.ts";
export type { Picture } from "./pictures/picture.ts";
export {
  type ColorRange,
  dataRange,
  type GridFunction,
  type Plane,
  planeOf,
  planePicture,
  shownChannels,
  symmetricRange,
} from "./pictures/plane.ts";
export { answersFor, type Finding, type TrustedModel } from "./run-report/answers.ts";
