/** What each package adds to a page. */
import { pagePackages } from "./bundlers.mjs";

/** kB of JavaScript, compressed, that a page loads first, tfjs and binaries left out; a tenth more than it was when the number was last set. */
const budgets = {
  "@saeno/activations": 28,
  "@saeno/backend": 25,
  "@saeno/backend-wasm": 38,
  "@saeno/backend-webgpu": 57,
  "@saeno/core": 44,
  "@saeno/datasets": 70,
  "@saeno/experiments": 140,
  "@saeno/fft": 22,
  "@saeno/inspect": 106,
  "@saeno/interop": 63,
  "@saeno/lifting": 20,
  "@saeno/metrics": 84,
  "@saeno/networks": 73,
  "@saeno/report": 275,
  "@saeno/training": 70,
};

export const sizes = [
  {
    name: "sizes",
    title: "what each package adds to a page is within its budget",
    quick: true,
    async run(stranger) {
      const tools = ["esbuild@0.28.2", "@tensorflow/tfjs-core@4.22.0", "@tensorflow/tfjs-converter@4.22.0"];
      const folder = await stranger.installed([...pagePackages, ...tools], { files: ["sizes.mjs"] });
      const measured = JSON.parse(await stranger.run(process.execPath, ["sizes.mjs", ...pagePackages], folder));
      const lines = Object.entries(measured).map(([name, size]) => `${name} ${size.toFixed(0)} kB of ${budgets[name]}`);
      const over = lines.filter((_, i) => !(Object.values(measured)[i] <= budgets[pagePackages[i]]));
      if (over.length > 0) throw new Error(`Too large: ${over.join(", ")}`);
      return lines.join(", ");
    },
  },
];
