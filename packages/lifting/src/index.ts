export {
  type Lifting,
  type LiftingConfig,
  type LiftingOptions,
  type LiftingStart,
  lifting,
  liftingFromConfig,
  liftingSchema,
} from "./lifting.ts";
export { orthonormalColumns } from "./orthonormal-columns.ts";
