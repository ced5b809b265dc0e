/** A page that trains a small model: in itself, or `?worker` in a worker of its own; `?locate` says where the files of the backend are. */
import { train } from "./train.js";

const query = new URLSearchParams(location.search);
const violations = [];
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  violations.push(`${violatedDirective} ${blockedURI}`),
);

globalThis.finished = (query.has("worker") ? inWorker() : train(query.has("locate"))).then(
  (result) => ({ ...result, violations }),
  (error) => ({ error: String(error.stack ?? error), violations }),
);
globalThis.everything = async () => (await import("./all.js")).count;

function inWorker() {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.error === undefined ? resolve(data) : reject(data.error));
    worker.onerror = ({ message }) => reject(new Error(`The worker of the page does not start: ${message}`));
  });
}
