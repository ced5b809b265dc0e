#!/usr/bin/env node
/**
 * As much of Slurm as the executor uses, on this machine: link it as sbatch, squeue, scancel, scontrol and srun, and name a folder with
 * FAKE_SLURM. A task in the queue is a file there, `job_task`, with its state and what runs.
 */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync, openSync } from "node:fs";
import { basename, join } from "node:path";

const folder = process.env.FAKE_SLURM;
const [, self, ...args] = process.argv;

const file = (id) => join(folder, id);
const read = (id) => JSON.parse(readFileSync(file(id), "utf8"));
function write(id, task) {
  const fresh = join(folder, `.${id}-${process.pid}`);
  writeFileSync(fresh, JSON.stringify(task));
  renameSync(fresh, file(id));
}
const change = (id, changes) => write(id, { ...read(id), ...changes });
const ids = () => readdirSync(folder).filter((name) => /^\d+_\d+$/.test(name)).sort();
const named = (given) => ids().filter((id) => id === given || id.startsWith(`${given}_`));
function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {}
}

const commands = {
  sbatch() {
    const script = args.at(-1);
    const flags = readFileSync(script, "utf8");
    if (flags.includes("--partition=\"none\"")) {
      console.error("sbatch: error: invalid partition specified: none\nsbatch: error: Batch job submission failed");
      process.exit(1);
    }
    const job = readdirSync(folder).filter((name) => name.startsWith("job-")).length + 1;
    writeFileSync(file(`job-${job}`), "");
    const [, last, parallel = "100"] = /--array=0-(\d+)(?:%(\d+))?/.exec(flags);
    const [, log] = /--output="(.*)"/.exec(flags);
    for (let task = 0; task <= Number(last); task++) write(`${job}_${task}`, { state: "PENDING", log });
    spawn(process.execPath, [self, "work", String(job), script, parallel], { detached: true, stdio: "ignore" }).unref();
    console.log(job);
  },
  squeue() {
    if (args.includes("--format=%T")) return console.log(read(process.env.SLURM_JOB_ID).state);
    const reason = { PENDING: "(Resources)" };
    for (const id of ids()) {
      const { state } = read(id);
      console.log(`${id.replace("_", "|")}|${state}|0:00|${reason[state] ?? "node1"}`);
    }
  },
  scancel() {
    const signal = args.find((arg) => arg.startsWith("--signal="))?.slice("--signal=".length);
    for (const id of args.filter((arg) => !arg.startsWith("--")).flatMap(named)) {
      const { step, batch } = read(id);
      if (signal !== undefined) kill(step, `SIG${signal}`);
      else {
        rmSync(file(id));
        if (batch !== undefined) kill(-batch, "SIGTERM");
      }
    }
  },
  scontrol() {
    if (args[0] === "requeue") change(args[1], { requeue: true });
  },
  srun() {
    const [command, ...rest] = args.slice(args.findIndex((arg) => !arg.startsWith("--")));
    const child = spawn(command, rest, { stdio: "inherit" });
    process.on("SIGTERM", () => {});
    change(process.env.SLURM_JOB_ID, { step: child.pid });
    child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGTERM" ? 143 : 137)));
  },
};

/** Starts the tasks of a job as they come, and again those that are put back. */
function work(job, script, parallel) {
  const running = new Set();
  const timer = setInterval(() => {
    const waiting = named(job).filter((id) => !running.has(id));
    if (waiting.length + running.size === 0) return clearInterval(timer);
    for (const id of waiting.slice(0, parallel - running.size)) {
      const { log, restarts = 0 } = read(id);
      const task = id.split("_")[1];
      const env = { ...process.env, SLURM_JOB_ID: id, SLURM_ARRAY_TASK_ID: task };
      if (restarts > 0) env.SLURM_RESTART_COUNT = String(restarts);
      const out = openSync(log.replace("%a", task).replaceAll("%%", "%"), "a");
      const batch = spawn("bash", [script], { env, detached: true, stdio: ["ignore", out, out] });
      running.add(id);
      change(id, { state: "RUNNING", batch: batch.pid });
      batch.on("exit", () => {
        running.delete(id);
        if (named(id).length === 0) return;
        if (read(id).requeue) write(id, { state: "PENDING", log, restarts: restarts + 1 });
        else rmSync(file(id));
      });
    }
  }, 50);
}

if (args[0] === "work") work(args[1], args[2], Number(args[3]));
else commands[basename(self)]();
