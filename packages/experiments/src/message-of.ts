export { messageOf } from "@saeno/backend";
