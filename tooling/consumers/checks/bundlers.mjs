/** Bundlers build a page of every package that pages can use, and the page trains a model in Chromium. */
import { spawn } from "node:child_process";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { chromiumPath } from "../stranger.mjs";

export const pagePackages =
  "activations backend backend-wasm backend-webgpu core datasets experiments fft inspect interop lifting metrics networks report training"
    .split(" ")
    .map((name) => `@saeno/${name}`);
const peers = ["@tensorflow/tfjs-core@4.22.0", "@tensorflow/tfjs-converter@4.22.0"];
/** kB, compressed, of all that a page loads until its model is trained. */
const mostLoaded = 455;

const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";
const isolation = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
const strict = { "content-security-policy": policy };
const [threads, one] = [/[2-9] threads|\d\d threads/, /1 thread$/];
/** Pages whose bundler takes the files of the backend along. */
const complete = [
  { name: "isolated, strict policy", headers: { ...isolation, ...strict }, reason: threads },
  {
    name: "isolated, strict policy, in a worker",
    query: "?worker",
    headers: { ...isolation, ...strict },
    reason: threads,
  },
  {
    name: "not isolated, strict policy",
    headers: strict,
    reason: /1 thread \(the page is not cross-origin isolated\)/,
  },
];
/** Pages whose bundler leaves them behind. */
const bare = [
  { name: "isolated, files left behind", headers: isolation, reason: one, warning: /locate/ },
  {
    name: "isolated, strict policy, files located",
    query: "?locate",
    headers: { ...isolation, ...strict },
    reason: threads,
  },
];

export const bundlers = [
  bundler("vite", ["vite@8.3.8"], ["vite", "build", "--target", "es2022"], complete, { quick: true, sized: true }),
  bundler("webpack", ["webpack@5.113.0", "webpack-cli@7"], ["webpack"], complete),
  bundler(
    "esbuild",
    ["esbuild@0.28.2"],
    "esbuild app.js worker.js --bundle --splitting --format=esm --target=es2022 --outdir=dist".split(" "),
    bare,
  ),
  bundler(
    "rollup",
    ["rollup@4.68.8", "@rollup/plugin-node-resolve@16", "@rollup/plugin-commonjs@29", "@rollup/plugin-json@6"],
    ["rollup", "--config"],
    bare,
  ),
  {
    name: "bundlers/next",
    title: "Next.js, app router: built for the server and for the page, which trains",
    async run(stranger) {
      const folder = await stranger.installed([...pagePackages, ...peers, "next@16", "react@19", "react-dom@19"], {
        files: ["page/all.js", "page/train.js", "next/app"],
      });
      await stranger.run("npx", ["next", "build"], folder);
      const port = 20_000 + (process.pid % 20_000);
      const server = spawn(process.execPath, ["node_modules/next/dist/bin/next", "start", "-p", String(port)], {
        cwd: folder,
        stdio: ["ignore", "pipe", "inherit"],
      });
      try {
        await new Promise((resolve) => server.stdout.on("data", (text) => String(text).includes("Ready") && resolve()));
        return await inChromium(async (browser) => said(await visit(browser, `http://localhost:${port}/`)));
      } finally {
        server.kill();
      }
    },
  },
];

function bundler(name, tools, [tool, ...args], pages, { quick = false, sized = false } = {}) {
  return {
    name: `bundlers/${name}`,
    title: `${name} builds every package for a page, which trains${sized ? ` and loads at most ${mostLoaded} kB` : ""}`,
    quick,
    async run(stranger) {
      const folder = await stranger.installed([...pagePackages, ...peers, ...tools], {
        files: [
          "index.html",
          "app.js",
          "train.js",
          "worker.js",
          "all.js",
          "webpack.config.cjs",
          "rollup.config.mjs",
        ].map((file) => `page/${file}`),
      });
      await stranger.run("npx", [tool, ...args], folder);
      const dist = join(folder, "dist");
      if (!existsSync(join(dist, "index.html"))) cpSync(join(folder, "index.html"), join(dist, "index.html"));
      if (pages === bare)
        cpSync(join(folder, "node_modules/@saeno/backend-wasm/wasm"), join(dist, "saeno"), { recursive: true });
      return inChromium(async (browser) => {
        const lines = [];
        for (const page of pages) lines.push(await look(browser, dist, page, sized));
        return lines.join("\n");
      });
    },
  };
}

async function look(browser, dist, { name, query = "", headers, reason, warning }, sized) {
  const site = await serveFolder(dist, headers);
  try {
    const { loaded, ...result } = await visit(browser, `${site.address}${query}`, site.loaded);
    const problems = [
      ...(reason.test(result.reason) ? [] : [`it runs on ${result.reason}`]),
      ...((warning ?? /^$/).test(result.warning ?? "") ? [] : [`the warning is ${result.warning}`]),
      ...(warning === undefined ? result.violations : []),
      ...(sized && query === "" && loaded > mostLoaded ? [`it loads ${loaded.toFixed(0)} kB`] : []),
    ];
    if (problems.length > 0) throw new Error(`${name}: ${problems.join("; ")}`);
    return `${name}: ${said(result)}, ${loaded.toFixed(1)} kB loaded`;
  } finally {
    site.stop();
  }
}

function said({ name, reason, relativeError, warning }) {
  return `${name} (${reason}), relative error ${relativeError.toFixed(3)}${warning ? `\n  ${warning}` : ""}`;
}

/** What the page trained, and how many packages it then finds. */
async function visit(browser, address, bytesLoaded = () => 0) {
  const page = await browser.newPage();
  const told = [];
  page.on("pageerror", (error) => told.push(error.message));
  page.on("console", (message) => message.type() === "error" && told.push(message.text()));
  try {
    await page.goto(address);
    await page.waitForFunction("globalThis.finished !== undefined", undefined, { timeout: 60_000 });
    const result = await page.evaluate("globalThis.finished");
    if (result.error !== undefined) throw new Error([result.error, ...result.violations, ...told].join("\n"));
    const loaded = bytesLoaded();
    const count =
      result.count ?? (address.endsWith("/") ? await page.evaluate("globalThis.everything()") : pagePackages.length);
    if (count !== pagePackages.length) throw new Error(`The page finds ${count} of ${pagePackages.length} packages.`);
    return { ...result, loaded };
  } catch (error) {
    throw new Error([error.message, ...told].join("\n"));
  } finally {
    await page.close();
  }
}

async function inChromium(use) {
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: ["--no-sandbox"] });
  try {
    return await use(browser);
  } finally {
    await browser.close();
  }
}

/** A folder as a site with headers, which knows how many kB it has sent, compressed. */
async function serveFolder(folder, headers) {
  const types = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
  let bytes = 0;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const file = join(folder, pathname === "/" ? "index.html" : pathname);
    if (!existsSync(file)) return response.writeHead(404).end();
    const content = gzipSync(readFileSync(file));
    bytes += content.length;
    const type = types[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type, "content-encoding": "gzip", ...headers }).end(content);
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { address: `http://localhost:${server.address().port}/`, loaded: () => bytes / 1000, stop };
}
