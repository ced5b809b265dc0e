import { defineConfig } from "tsdown";

/**
 * The build every package shares: ESM and type declarations, one file for each entry in `src`.
 *
 * @param {...string} entries
 */
export function library(...entries) {
  return build(entries, { oxc: true });
}

/**
 * The build of a package whose types follow from schemas: the compiler has to infer them, so `isolatedDeclarations` is off.
 *
 * @param {...string} entries
 */
export function inferredLibrary(...entries) {
  return build(entries, { oxc: false });
}

/**
 * The build of a program, which nobody imports: no declarations.
 *
 * @param {...string} entries
 */
export function program(...entries) {
  return build(entries, false);
}

function build(entries, dts) {
  return defineConfig({
    entry: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
    format: "esm",
    platform: "neutral",
    target: "es2022",
    dts,
    sourcemap: true,
    clean: true,
    fixedExtension: false,
    deps: {
      // `imports` of package.json are for whoever runs it: they may name other files for pages.
      neverBundle: [/^node:/, /^#/],
      // The gradients of tfjs ship in a folder that Node cannot import by itself: they are bundled.
      alwaysBundle: [/^@tensorflow\/tfjs-core\/dist\//],
    },
    plugins: [noMapsOfGeneratedCode],
    logLevel: "warn",
  });
}

/** Maps of code that nobody wrote: tables, binaries, and what is bundled from elsewhere. */
const noMapsOfGeneratedCode = {
  name: "no-maps-of-generated-code",
  generateBundle(_, bundle) {
    for (const [name, chunk] of Object.entries(bundle)) {
      if (chunk.type !== "chunk" || !chunk.moduleIds.length || chunk.moduleIds.some(isWritten)) continue;
      chunk.code = chunk.code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
      delete bundle[`${name}.map`];
    }
  },
};

const isWritten = (id) => !/[\\/](generated|node_modules)[\\/]/.test(id);
