/** What comes with the page: trained when it was built. */
export const demos = [{ run: "demo/fno", beside: "demo/cnn", name: "Eight shapes" }] as const;
