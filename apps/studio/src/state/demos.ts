import { isBundle } from "./bundle.ts";

/** What comes with the page: trained when it was built. A page that is one file has its own run only. */
export const demos = isBundle() ? [] : [{ run: "demo/fno", beside: "demo/cnn", name: "Eight shapes" }];
/** A run that explains a network, which comes with it. */
export const networkDemo = isBundle() ? undefined : "demo/network";
