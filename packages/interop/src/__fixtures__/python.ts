import { execFileSync, spawnSync } from "node:child_process";

const names = [process.env.SAENO_PYTHON, "python3", "/usr/bin/python3"].filter((name) => name !== undefined);

/** A Python with numpy, if there is one. */
export const python: string | undefined = names.find((name) => spawnSync(name, ["-c", "import numpy"], { stdio: "ignore" }).status === 0);

/** `load(path)`: the tensors of a safetensors file as float64, by nothing but its specification. */
const reader = `
import json, struct, sys
import numpy as np

def load(path):
    data = open(path, "rb").read()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    types = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}
    def tensor(entry):
        begin, end = entry["data_offsets"]
        values = np.frombuffer(data[start + begin:start + end], types[entry["dtype"]])
        return values.reshape(entry["shape"]).astype(np.float64)
    return {name: tensor(entry) for name, entry in header.items()}
`;

/** Runs a script that may `load`, with arguments in `sys.argv`; what it prints, as JSON. */
export function runPython(script: string, ...args: readonly string[]): unknown {
  return JSON.parse(execFileSync(python ?? "python3", ["-c", `${reader}\n${script}`, ...args], { encoding: "utf8" }));
}
