export { type Lifting, type LiftingConfig, type LiftingOptions, type LiftingStart, lifting } from "./lifting.ts";
export { orthonormalColumns } from "./orthonormal-columns.ts";
