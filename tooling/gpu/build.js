#!/usr/bin/env node
/**
 * Builds the GPU kit: one folder that checks the WebGPU backend and times it next to PyTorch on a machine with a GPU and without Node,
 * npm or a network. It holds `run.sh`, `unpack.sh` and `kit.tar.xz`: Node's program and Dawn stripped of symbols, the programs as
 * bundles, and the Vulkan loader with what NVIDIA's driver links to.
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "tsdown";

const root = fileURLToPath(new URL("../../", import.meta.url));
const megabyte = 2 ** 20;
const most = 60 * megabyte;

/** Programs, by the folder of the kit they go to. */
const bundles = {
  bench: ["bench", "measure", "dispatches"],
  conformance: ["conformance", "conformance-process"],
  gpu: ["run", "train", "adapter"],
};

/** The Vulkan loader, and what NVIDIA's Vulkan driver links to or opens (without libEGL it makes no instance), with what that links to. */
const libraries = [
  ...["vulkan.so.1", "EGL.so.1", "GLdispatch.so.0", "GL.so.1", "GLX.so.0", "OpenGL.so.0", "GLESv2.so.2"],
  ...["X11.so.6", "Xext.so.6", "xcb.so.1", "Xau.so.6", "Xdmcp.so.6", "bsd.so.0", "md.so.0"],
];
const needed = ["vulkan.so.1", "EGL.so.1", "GLdispatch.so.0"];

const help = `Builds the GPU kit. Needs Linux, python3, pnpm build before, and the loaders of Vulkan and EGL (Debian: apt install libvulkan1 libegl1).

Usage: node build.js [--out FOLDER] [--node FILE]

  --out FOLDER   where to (default .saeno/gpu-kit)
  --node FILE    the Node program to bring (default: the one that runs this)`;

async function main() {
  const { values: flags } = parseArgs({
    options: {
      out: { type: "string", default: join(root, ".saeno/gpu-kit") },
      node: { type: "string", default: process.execPath },
      help: { type: "boolean", default: false },
    },
  });
  if (flags.help) return console.log(help);
  if (process.platform !== "linux") throw new Error(`this works on Linux only, not on ${process.platform}.`);
  const out = resolve(flags.out);
  const content = mkdtempSync(join(tmpdir(), "saeno-gpu-kit-"));
  try {
    say("bundling");
    for (const [folder, programs] of Object.entries(bundles)) await bundle(folder, programs, content);
    writeFileSync(join(content, "package.json"), '{ "type": "module" }\n');
    cpSync(join(root, "tooling/bench/peer"), join(content, "bench/peer"), { recursive: true });
    bringNode(flags.node, content);
    bringDawn(content);
    bringLibraries(content);
    say("compressing");
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    execFileSync("python3", ["-c", pack, join(out, "kit.tar.xz"), content], { stdio: "inherit" });
    for (const script of ["run.sh", "unpack.sh"])
      copyFileSync(join(root, "tooling/gpu/kit", script), join(out, script));
  } finally {
    rmSync(content, { recursive: true, force: true });
  }
  const { size } = statSync(join(out, "kit.tar.xz"));
  say(`${out}: ${(size / megabyte).toFixed(1)} MB; on the machine with the GPU: bash run.sh OUT`);
  if (size > most) throw new Error(`the kit is larger than ${most / megabyte} MB.`);
}

/** Everything but Dawn's own package in the files of each folder. What drives a browser is not brought. */
async function bundle(folder, programs, content) {
  await build({
    config: false,
    cwd: join(root, "tooling", folder),
    entry: Object.fromEntries(programs.map((name) => [name, `src/${name}.ts`])),
    outDir: join(content, folder, "dist"),
    format: "esm",
    platform: "node",
    target: "node20",
    dts: false,
    sourcemap: false,
    clean: false,
    // The loaders of wasm binaries look for __dirname.
    shims: true,
    fixedExtension: false,
    deps: {
      alwaysBundle: [/^(?!node:|webgpu$|vite$|playwright-core$)/],
      neverBundle: ["webgpu", "vite", "playwright-core"],
    },
    logLevel: "error",
  });
  // The bundled backend looks for its binaries in ../wasm; tfjs, in Node, for its own beside its program.
  const binaries = join(root, "packages/backend-wasm/wasm");
  cpSync(binaries, join(content, folder, "wasm"), { recursive: true });
  for (const form of ["", "-simd", "-threaded-simd"]) {
    const binary = `tfjs-backend-wasm${form}.wasm`;
    copyFileSync(join(binaries, binary), join(content, folder, "dist", binary));
  }
}

/** Where a package's entry is, as a folder of this repository finds it. */
function packageOf(folder, name) {
  return createRequire(join(root, folder, "package.json")).resolve(name);
}

function bringNode(node, content) {
  mkdirSync(join(content, "bin"));
  const to = join(content, "bin/node");
  copyFileSync(realpathSync(node), to);
  chmodSync(to, 0o755);
  strip(to);
}

function bringDawn(content) {
  const from = dirname(packageOf("tooling/gpu", "webgpu/package.json"));
  const to = join(content, "node_modules/webgpu");
  const binary = join("dist", `linux-${process.arch}`);
  mkdirSync(join(to, "dist"), { recursive: true });
  for (const file of ["package.json", "index.js", "LICENSE.md", binary]) {
    cpSync(join(from, file), join(to, file), { recursive: true, dereference: true });
  }
  strip(join(to, binary, "dawn.node"));
}

function bringLibraries(content) {
  mkdirSync(join(content, "lib"));
  const known = spawnSync("/sbin/ldconfig", ["-p"], { encoding: "utf8" }).stdout ?? "";
  for (const library of libraries) {
    const path = known.match(new RegExp(`lib${library.replaceAll(".", "\\.")} .* => (.*)`))?.[1];
    if (path !== undefined) copyFileSync(realpathSync(path), join(content, "lib", `lib${library}`));
    else if (needed.includes(library))
      throw new Error(`lib${library} is missing (Debian: apt install libvulkan1 libegl1).`);
  }
}

/** Without symbols, where there is the program for it: the same, only larger, with them. */
function strip(file) {
  spawnSync("strip", [file], { stdio: "ignore" });
}

const pack = `
import os, sys, tarfile
with tarfile.open(sys.argv[1], "w:xz", preset=6) as kit:
    for name in sorted(os.listdir(sys.argv[2])):
        kit.add(os.path.join(sys.argv[2], name), name)
`;

function say(line) {
  console.log(`gpu-kit: ${line}`);
}

main().catch((error) => {
  console.error(`gpu-kit: ${error.message}`);
  process.exitCode = error.code?.startsWith?.("ERR_PARSE_ARGS") ? 2 : 1;
});
