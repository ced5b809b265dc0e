/** The process that does a task on one form of one backend: the task as JSON on stdin, the answer as the last line of stdout. */
import { json } from "node:stream/consumers";
import { backendForm } from "./backend-form.ts";
import { answer } from "./examine.ts";
import type { Task } from "./protocol.ts";

const task = (await json(process.stdin)) as Task;
const result = await answer(task, await backendForm(task.form), (line) => process.stderr.write(`${line}\n`));
process.stdout.write(`\n${JSON.stringify(result)}\n`, () => process.exit(0));
