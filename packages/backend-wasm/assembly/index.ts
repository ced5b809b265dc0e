/** Everything the module exports: one function for each operation. */
export { subtract } from "./elementwise";
