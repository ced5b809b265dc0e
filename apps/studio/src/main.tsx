import "./style.css";
import { render } from "preact";
import { address, navigate } from "./state/address.ts";
import { openBundled } from "./state/bundle.ts";
import { isolate } from "./state/isolation.ts";
import { followAddress, useBackend } from "./state/studio.ts";
import { Studio } from "./studio.tsx";

const place = document.getElementById("app");
if (place !== null && !(await isolate())) {
  render(<Studio />, place);
  followAddress();
  await useBackend("wasm");
  const bundled = await openBundled();
  if (bundled !== undefined)
    navigate({ ...(address.value.view === "open" && { view: "concepts" }), run: bundled }, { replace: true });
}
