/** The page as it is served: by `saeno studio`, and by hosts that know nothing of it. */
import { execFile, spawn } from "node:child_process";
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

/** The page as it was built. */
export const dist: string = fileURLToPath(new URL("../../dist", import.meta.url));
const command = fileURLToPath(new URL("../../../cli/dist/main.js", import.meta.url));

export interface Served {
  /** Of the page, with a slash at its end. */
  readonly address: string;
  stop(): Promise<void>;
}

/** Runs the command. @returns what it printed. @throws Error with what it said where it fails. */
export function saeno(folder: string, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [command, ...args], { cwd: folder, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(new Error(`saeno ${args.join(" ")}: ${stderr}`)),
    );
  });
}

export interface Started {
  kill(signal: NodeJS.Signals): Promise<void>;
  /** What it said, from where the pattern first matches. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Starts the command, which goes on. */
export function startSaeno(folder: string, ...args: readonly string[]): Started {
  const child = spawn(process.execPath, [command, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  const listeners = new Set<() => void>();
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const take = (piece: Buffer) => {
    text += piece;
    for (const listener of listeners) listener();
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  return {
    async kill(signal) {
      child.kill(signal);
      await ended;
    },
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const found = pattern.exec(text);
          if (found !== null) resolve(found);
        };
        listeners.add(check);
        check();
        void ended.then(() => reject(new Error(`saeno ${args.join(" ")} ended: ${text}`)));
      }),
  };
}

/** `saeno studio FOLDER`. */
export async function serveByCommand(folder: string): Promise<Served> {
  const started = startSaeno(folder, "studio", folder, "--no-open", "--port", "0");
  const [, address = ""] = await started.said(/(http:\S+?)(#\S*)?\s/);
  return { address, stop: () => started.kill("SIGTERM") };
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** Any static host: it sends files and no headers of ours. */
export async function serveByHost(folder: string): Promise<Served> {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://host").pathname));
    const file = join(folder, path === "/" ? "index.html" : path);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (!stat?.isFile()) return response.writeHead(404).end();
    response.writeHead(200, {
      "Content-Type": types[extname(file)] ?? "application/octet-stream",
      "Content-Length": stat.size,
      "Access-Control-Allow-Origin": "*",
    });
    if (request.method === "HEAD") return response.end();
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    address: `http://127.0.0.1:${port}/`,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
