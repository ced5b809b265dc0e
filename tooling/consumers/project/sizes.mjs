/** Prints how many kB of JavaScript, compressed, a page loads first for each package: what it imports of ours and others, without tfjs. */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const sizes = {};
for (const name of process.argv.slice(2)) {
  const { metafile, outputFiles } = await build({
    stdin: { contents: `import * as all from "${name}"; console.log(all);`, resolveDir: "." },
    ...{ bundle: true, minify: true, splitting: true, write: false, metafile: true, outdir: "out" },
    ...{ format: "esm", target: "es2022", external: ["@tensorflow/*"], logLevel: "error" },
  });
  const loaded = new Set();
  const load = (file) => {
    if (loaded.has(file) || metafile.outputs[file] === undefined) return;
    loaded.add(file);
    for (const { path, kind } of metafile.outputs[file].imports) if (kind === "import-statement") load(path);
  };
  load(
    Object.keys(metafile.outputs).find((file) => metafile.outputs[file].entryPoint !== undefined && /stdin/.test(file)),
  );
  const contents = outputFiles.filter(({ path }) => [...loaded].some((file) => path.endsWith(file)));
  sizes[name] = contents.reduce((sum, file) => sum + gzipSync(file.contents).length, 0) / 1000;
}
console.log(JSON.stringify(sizes));
