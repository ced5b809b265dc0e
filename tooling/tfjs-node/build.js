#!/usr/bin/env node
/**
 * Builds tfjs-node against the TensorFlow of Python's package index, for machines that cannot reach the host its own installation
 * downloads from. Uses nothing but Node, npm, Python with pip and a C++ compiler.
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";

const tfjsVersion = "4.22.0";

const help = `Builds @tensorflow/tfjs-node ${tfjsVersion} against TensorFlow's C library as the Python package of TensorFlow brings it.

Usage: node build.js [--out FOLDER] [--gpu] [--tensorflow VERSION]

  --out FOLDER           where to build (default .saeno/tfjs-node); 1 GB, and 2 GB while it works
  --gpu                  @tensorflow/tfjs-node-gpu, against the TensorFlow with CUDA (the NVIDIA libraries are not brought)
  --tensorflow VERSION   of the Python package (default 2.15.1: the last whose C interface tfjs-node was seen to work with)
  --help

Needs python3 with pip, a C++ compiler and make (Debian: apt install python3-pip g++ make), on Linux.
Afterwards: export SAENO_TFJS_NODE=FOLDER, and @saeno/backend-node finds it.`;

function main() {
  const { values: flags } = parseArgs({
    options: {
      out: { type: "string", default: ".saeno/tfjs-node" },
      gpu: { type: "boolean", default: false },
      tensorflow: { type: "string", default: "2.15.1" },
      help: { type: "boolean", default: false },
    },
  });
  if (flags.help) return console.log(help);
  if (process.platform !== "linux") throw new Error(`this works on Linux only, not on ${process.platform}.`);

  const out = resolve(flags.out);
  const packageName = `@tensorflow/tfjs-node${flags.gpu ? "-gpu" : ""}`;
  const folder = join(out, "node_modules", packageName);
  if (!isBuilt(folder)) {
    need("python3", ["-m", "pip", "--version"], "python3 with pip (Debian: apt install python3-pip)");
    need("c++", ["--version"], "a C++ compiler (Debian: apt install g++)");
    need("make", ["--version"], "make (Debian: apt install make)");
    installPackage(out, packageName);
    bringTensorflow(out, join(folder, "deps"), `tensorflow${flags.gpu ? "" : "-cpu"}==${flags.tensorflow}`);
    compile(folder);
  }
  check(out, packageName);
  say(`done. Use it with:\n  export SAENO_TFJS_NODE=${out}`);
}

function isBuilt(folder) {
  const lib = join(folder, "lib");
  return existsSync(lib) && readdirSync(lib).some((napi) => existsSync(join(lib, napi, "tfjs_binding.node")));
}

/** Without its install script, which would download. */
function installPackage(out, packageName) {
  say(`installing ${packageName}@${tfjsVersion}`);
  mkdirSync(out, { recursive: true });
  if (!existsSync(join(out, "package.json"))) writeFileSync(join(out, "package.json"), '{ "private": true }\n');
  run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", `${packageName}@${tfjsVersion}`], out);
}

/** Headers and libraries out of the wheel, where tfjs-node looks for them. */
function bringTensorflow(out, deps, wheelName) {
  const temporary = mkdtempSync(join(out, "tensorflow-"));
  try {
    say(`downloading ${wheelName}`);
    // Libraries and headers are the same for every Python.
    const anyPython = ["--no-deps", "--only-binary", ":all:", "--python-version", "3.11"];
    run("python3", ["-m", "pip", "download", "--quiet", ...anyPython, "--dest", temporary, wheelName], out);
    const wheel = readdirSync(temporary).find((name) => name.endsWith(".whl"));
    if (wheel === undefined) throw new Error(`pip brought no wheel of ${wheelName}.`);
    say("unpacking headers and libraries");
    run("python3", ["-c", unpack, join(temporary, wheel), temporary], out);
    rmSync(deps, { recursive: true, force: true });
    mkdirSync(join(deps, "lib"), { recursive: true });
    const unpacked = join(temporary, "tensorflow");
    renameSync(join(unpacked, "include"), join(deps, "include"));
    for (const [library, name] of [
      ["libtensorflow_cc.so.2", "libtensorflow.so"],
      ["libtensorflow_framework.so.2", "libtensorflow_framework.so"],
    ]) {
      if (!existsSync(join(unpacked, library)))
        throw new Error(`${wheelName} has no ${library}: take another version.`);
      renameSync(join(unpacked, library), join(deps, "lib", library));
      symlinkSync(library, join(deps, "lib", name));
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

const unpack = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in wheel.namelist():
        if name.startswith("tensorflow/include/") or name.startswith("tensorflow/libtensorflow"):
            wheel.extract(name, sys.argv[2])
`;

function compile(folder) {
  say("compiling");
  // Node's headers, where they came with it; node-gyp would download them.
  const prefix = dirname(dirname(process.execPath));
  const headers = existsSync(join(prefix, "include/node/node.h")) ? { npm_config_nodedir: prefix } : {};
  run("npm", ["exec", "--no", "--", "node-pre-gyp", "install", "--build-from-source"], folder, headers);
}

/** Loads it in a process of its own and multiplies two matrices. */
function check(out, packageName) {
  say("loading it");
  const script = `
    const util = require("util");
    util.isNullOrUndefined ??= (value) => value == null;
    const tf = require(${JSON.stringify(packageName)});
    const product = tf.matMul(tf.tensor([[1, 2], [3, 4]]), tf.tensor([[0, 1], [1, 0]])).arraySync();
    if (JSON.stringify(product) !== "[[2,1],[4,3]]") throw new Error("wrong product: " + JSON.stringify(product));
    console.log("TensorFlow " + tf.backend().binding.TF_Version + " works");`;
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: "2" };
  say(execFileSync(process.execPath, ["-e", script], { cwd: out, env, encoding: "utf8" }).trim());
}

function need(command, args, what) {
  if (spawnSync(command, args, { stdio: "ignore" }).status !== 0) throw new Error(`this needs ${what}.`);
}

/** What the command says is shown only where it fails. */
function run(command, args, cwd, env = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${basename(command)} ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
}

function say(line) {
  console.log(`tfjs-node: ${line}`);
}

try {
  main();
} catch (error) {
  console.error(`tfjs-node: ${error.message}`);
  process.exitCode = error.code?.startsWith?.("ERR_PARSE_ARGS") ? 2 : 1;
}
