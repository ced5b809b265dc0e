import { mkdirSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What a process needs in its environment to find a Slurm of its own (slurm.sh), whose files are in a folder. */
export function fakeSlurm(folder: string): { readonly PATH: string; readonly FAKE_SLURM: string } {
  const commands = join(folder, "bin");
  for (const made of [commands, join(folder, "queue")]) mkdirSync(made, { recursive: true });
  const program = fileURLToPath(new URL("slurm.sh", import.meta.url));
  for (const name of ["sbatch", "squeue", "scancel", "scontrol", "srun"]) symlinkSync(program, join(commands, name));
  return { PATH: `${commands}${delimiter}${process.env.PATH}`, FAKE_SLURM: join(folder, "queue") };
}
