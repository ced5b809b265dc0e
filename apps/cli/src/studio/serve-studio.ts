/** The studio's files, and run folders of this machine for it to read. */
import { once } from "node:events";
import { createReadStream, readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream";
import { fileURLToPath } from "node:url";
import { messageOf, SaenoError } from "@saeno/backend";
import { moduleResolve } from "import-meta-resolve";
import { type Answer, fileAnswer, json, typeOf } from "./answer.ts";
import { type ServedRuns, serveRuns } from "./served-runs.ts";

export interface StudioOptions {
  /** The folder that run folders are in; without one there are none. */
  readonly root: string | undefined;
  /** The one of them that is served. Default: all. */
  readonly only?: string | undefined;
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
}

export interface ServedStudio {
  /** Of the page, with a slash at its end. */
  readonly address: string;
  /** Settles once the server is closed. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Threads share memory in pages that are isolated; nothing is sniffed, framed, or told to others. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
  "Cache-Control": "no-cache",
};

export async function serveStudio({ root, only, host, port }: StudioOptions): Promise<ServedStudio> {
  const files = studioFiles();
  const runs = root === undefined ? undefined : serveRuns(root, only);
  const server = createServer((request, response) => {
    respond(request, { files, runs, host }).then(
      (answer) => send(request, response, answer),
      (error) => send(request, response, problem(error)),
    );
  });
  server.listen(port, host);
  await once(server, "listening").catch((error) => {
    const inUse = messageOf(error).includes("EADDRINUSE");
    throw new SaenoError(
      "studio.port",
      inUse ? `Port ${port} is taken. Name another with --port, or 0 for any that is free.` : messageOf(error),
      { kind: "data", cause: error },
    );
  });
  return {
    address: `http://${host === "0.0.0.0" ? "localhost" : host}:${portOf(server)}/`,
    closed: once(server, "close").then(() => {}),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

interface Site {
  readonly files: ReadonlyMap<string, string>;
  readonly runs: ServedRuns | undefined;
  readonly host: string;
}

async function respond(request: IncomingMessage, { files, runs, host }: Site): Promise<Answer> {
  // A page of somebody else whose name was made to point here has another host.
  const asked = request.headers.host?.replace(/:\d+$/, "");
  const isLocal = host === "127.0.0.1" || host === "localhost";
  if (isLocal && !["127.0.0.1", "localhost", "[::1]"].includes(asked ?? ""))
    return { status: 403, type: "text/plain", content: "This server is for this machine." };
  const url = new URL(request.url ?? "/", "http://localhost");
  const path = decoded(url.pathname.slice(1));
  if (path === undefined) return notFound;
  if (runs !== undefined && path.startsWith("runs/")) {
    return (await runs.answer(path.slice("runs/".length), url.searchParams, request)) ?? notFound;
  }
  if (runs !== undefined && path === "runs.json") return json(await runs.list());
  const file = files.get(path === "" ? "index.html" : path);
  if (file === undefined || (request.method !== "GET" && request.method !== "HEAD")) return notFound;
  if (file.endsWith(".wasm")) return fileAnswer(file, request.headers.range);
  const content = readFileSync(file);
  // The page asks for runs where somebody serves them.
  const page = path === "" && runs !== undefined;
  return {
    type: typeOf(file),
    content: page
      ? content.toString().replace("<head>", '<head><meta name="saeno-runs" content="runs.json">')
      : content,
  };
}

/** Nothing for what no address may hold. */
function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

const notFound: Answer = { status: 404, type: "text/plain", content: "There is nothing here." };

/** What went wrong is told to the page. */
function problem(error: unknown): Answer {
  return json({ problem: messageOf(error) }, SaenoError.isInstance(error) ? 422 : 500);
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status = 200, type, content, range }: Answer,
): void {
  const whole = typeof content === "string" ? Buffer.from(content) : content;
  response.writeHead(status, {
    ...headers,
    "Content-Type": type,
    "Content-Length": whole.length,
    "Accept-Ranges": "bytes",
    ...(range === undefined ? {} : { "Content-Range": range }),
  });
  if (request.method === "HEAD" || whole.length === 0) response.end();
  else if ("path" in whole) {
    const { path, from, length } = whole;
    const file = createReadStream(path, { start: from, end: from + length - 1 });
    // Whoever waits for the rest of a file that became shorter meanwhile waits in vain.
    pipeline(file, response, () => file.bytesRead < length && response.destroy());
  } else response.end(whole);
}

/** The files of the studio by their paths in its address: those that there are, and no others. */
function studioFiles(): ReadonlyMap<string, string> {
  const folder = join(dirname(fileURLToPath(import.meta.resolve("@saeno/studio/package.json"))), "dist");
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  const found = names.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return new Map([
    ...found.map((file) => [file.slice(folder.length + 1).replaceAll("\\", "/"), file] as const),
    ...onnxRuntimeFiles(),
  ]);
}

/** ONNX Runtime for pages, where it is installed beside what asks for it. */
function onnxRuntimeFiles(): readonly (readonly [string, string])[] {
  const networks = new URL(import.meta.resolve("@saeno/networks"));
  try {
    return ["onnxruntime-web/wasm", "onnxruntime-web/ort-wasm-simd-threaded.wasm"].map((module) => {
      const file = fileURLToPath(moduleResolve(module, networks, new Set(["import"])));
      return [`onnxruntime/${basename(file)}`, file];
    });
  } catch {
    return [];
  }
}
