import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { SaenoError } from "@saeno/backend";
import { folderStore } from "@saeno/experiments/node";
import { type Command, InvalidArgumentError } from "commander";
import { filePath } from "../flags/paths.ts";
import { serveStudio } from "../studio/serve-studio.ts";
import { createOutput } from "../terminal/output.ts";
import { startBackend } from "../terminal/start-backend.ts";

interface StudioFlags {
  readonly port: number;
  readonly host: string;
  readonly open: boolean;
}

/** `saeno studio [RUN|FOLDER]`: the page that trains and explores, with run folders of this machine. */
export function studioCommand(program: Command): void {
  program
    .command("studio")
    .summary("explore runs in a browser, edit their codes, and train")
    .description(
      "Serves the studio, a page that shows what the concepts of runs are, where they fire and what changes without them, and that trains new runs.\n" +
        "The browser does all the computing. Given a run or a folder of runs, the studio opens them with samples of their data, and follows\n" +
        "those that are still training. Only this machine can reach it, unless --host says otherwise. Ctrl+C stops it.",
    )
    .argument("[folder]", "a run folder, or a folder of runs (default: runs, if it exists)", filePath)
    .option("--port <n>", "the port to listen on; 0 for any free one", port, 4310)
    .option("--host <address>", "the address to listen on; 0.0.0.0 lets other machines read these runs", "127.0.0.1")
    .option("--no-open", "do not open a browser")
    .addHelpText(
      "after",
      "\nExamples:\n  saeno studio\n  saeno studio runs/digits\n  saeno studio runs/ --no-open --port 8080",
    )
    .action(async (folder: string | undefined, flags: StudioFlags) => {
      const output = createOutput({});
      const path = resolve(folder ?? "runs");
      if (folder !== undefined && !existsSync(path))
        throw new SaenoError("run.folder", `There is no folder ${folder}. Name a run folder, or a folder of runs.`);
      const isRun = existsSync(join(path, "config.json"));
      if (folder !== undefined && !isRun && (await folderStore.near(path)).inside.length === 0)
        throw new SaenoError(
          "run.folder",
          `${folder} holds no run folders. saeno train makes one; without a folder, saeno studio opens with an example.`,
        );
      await startBackend("auto");
      const root = isRun ? dirname(path) : path;
      const served = await serveStudio({
        root: existsSync(root) ? root : undefined,
        only: isRun ? basename(path) : undefined,
        host: flags.host,
        port: flags.port,
      });
      const address = `${served.address}${isRun ? `#/concepts?run=runs/${encodeURIComponent(basename(path))}` : ""}`;
      output.say(`studio   ${address}\nCtrl+C stops it.`);
      if (flags.open && process.stdout.isTTY) openBrowser(address);
      await served.closed;
    });
}

function port(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value < 65_536) return value;
  throw new InvalidArgumentError("A port is a number from 0 to 65535.");
}

/** Where there is none to open, the address has been said. */
function openBrowser(address: string): void {
  const [program, ...rest] =
    process.platform === "darwin" ? ["open"] : process.platform === "win32" ? ["cmd", "/c", "start", ""] : ["xdg-open"];
  execFile(program, [...rest, address], () => {});
}
