/**
 * A package registry on this machine for a while: it serves our packages as they would be published, in several versions,
 * and sends everybody on to the registry that npm is set up with for all others.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

/** Packs every published package into `folder`, each in all the versions; dependencies between them are by caret. */
export function packAll(root, folder, versions) {
  mkdirSync(folder, { recursive: true });
  const paths = ["packages", "apps"].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => join(root, parent, name)),
  );
  for (const path of paths) {
    execFileSync("pnpm", ["pack", "--pack-destination", join(folder, "packed")], { cwd: path, stdio: "ignore" });
  }
  return readdirSync(join(folder, "packed")).flatMap((file) => {
    const unpacked = join(folder, "unpacked");
    mkdirSync(unpacked);
    execFileSync("tar", ["-xzf", join(folder, "packed", file), "-C", unpacked]);
    const original = JSON.parse(readFileSync(join(unpacked, "package", "package.json"), "utf8"));
    const packed = versions.map((version) => {
      const manifest = JSON.parse(
        JSON.stringify({ ...original, version }, (key, value) =>
          /^(@saeno\/|saeno$)/.test(key) && /^\^?\d/.test(value) ? `^${versions[0]}` : value,
        ),
      );
      const name = `${manifest.name.replace(/[@/]/g, "-")}-${version}.tgz`;
      cpSync(unpacked, join(folder, "edited"), { recursive: true });
      writeFileSync(join(folder, "edited", "package", "package.json"), JSON.stringify(manifest));
      execFileSync("tar", ["-czf", join(folder, name), "-C", join(folder, "edited"), "package"]);
      rmSync(join(folder, "edited"), { recursive: true });
      return { manifest, file: join(folder, name) };
    });
    rmSync(unpacked, { recursive: true });
    return packed;
  });
}

/** @returns the address to give npm, and how to stop. */
export async function serve(packed) {
  const upstream = execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim().replace(/\/$/, "");
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url.slice(1));
    const tarball = packed.find(({ file }) => path === `tarballs/${file.split("/").at(-1)}`);
    const versions = packed.filter(({ manifest }) => manifest.name === path);
    if (tarball !== undefined) return response.end(readFileSync(tarball.file));
    if (versions.length === 0) return response.writeHead(302, { location: `${upstream}${request.url}` }).end();
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(describe(versions, `http://localhost:${server.address().port}`)));
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  return { address: `http://localhost:${server.address().port}/`, stop: () => server.close() };
}

function describe(versions, address) {
  const described = versions.map(({ manifest, file }) => ({
    ...manifest,
    dist: {
      tarball: `${address}/tarballs/${file.split("/").at(-1)}`,
      integrity: `sha512-${createHash("sha512").update(readFileSync(file)).digest("base64")}`,
    },
  }));
  return {
    name: described[0].name,
    "dist-tags": { latest: described[0].version },
    versions: Object.fromEntries(described.map((one) => [one.version, one])),
  };
}
