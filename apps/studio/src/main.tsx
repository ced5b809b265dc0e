import "./style.css";
import { render } from "preact";
import { followAddress, useBackend } from "./state/studio.ts";
import { Studio } from "./studio.tsx";

const place = document.getElementById("app");
if (place !== null) render(<Studio />, place);
followAddress();
void useBackend("wasm");
