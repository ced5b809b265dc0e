import { train } from "./train.js";

train(false).then(postMessage, (error) => postMessage({ error: String(error.stack ?? error) }));
