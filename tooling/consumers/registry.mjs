/**
 * A package registry on this machine for a while: it serves our packages as they would be published, in several versions,
 * and sends everybody on to the registry that npm is set up with for all others.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename, join } from "node:path";

/**
 * Packs every published package of a workspace into `folder`, each in all the versions; dependencies between them are by caret.
 *
 * @param versions none for those that the workspace has.
 */
export function packAll(root, folder, versions = []) {
  mkdirSync(folder, { recursive: true });
  const published = ["--filter", "./packages/*", "--filter", "./apps/*"];
  execFileSync("pnpm", ["--recursive", ...published, "pack", "--pack-destination", folder], {
    cwd: root,
    stdio: "pipe",
  });
  return readdirSync(folder)
    .filter((file) => file.endsWith(".tgz"))
    .flatMap((file) => {
      const unpacked = join(folder, basename(file, ".tgz"));
      mkdirSync(unpacked);
      execFileSync("tar", ["-xzf", join(folder, file), "-C", unpacked]);
      const path = join(unpacked, "package/package.json");
      const original = JSON.parse(readFileSync(path, "utf8"));
      if (versions.length === 0) return { manifest: original, file: join(folder, file) };
      return versions.map((version) => {
        const ours = (key, value) =>
          /^(@saeno\/|saeno$)/.test(key) && /^\^?\d/.test(value) ? `^${versions[0]}` : value;
        const manifest = JSON.parse(JSON.stringify({ ...original, version }, ours));
        writeFileSync(path, JSON.stringify(manifest));
        const packed = join(folder, `${manifest.name.replace(/[@/]/g, "-")}-as-${version}.tar.gz`);
        execFileSync("tar", ["-czf", packed, "-C", unpacked, "package"]);
        return { manifest, file: packed };
      });
    });
}

/** @returns the address to give npm, what is there, and how to stop. Packages that are published to it are added, and kept in `folder`. */
export async function serve(packed, folder) {
  const npm = execFileSync("npm", ["config", "get", "registry"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const upstream = npm.trim().replace(/\/$/, "");
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(request.url.slice(1));
    if (request.method === "PUT") {
      packed.push(published(JSON.parse(await body(request)), folder));
      return response.writeHead(201).end("{}");
    }
    const tarball = packed.find(({ file }) => path === `tarballs/${basename(file)}`);
    const versions = packed.filter(({ manifest }) => manifest.name === path);
    if (tarball !== undefined) return response.end(readFileSync(tarball.file));
    if (versions.length === 0) return response.writeHead(302, { location: `${upstream}${request.url}` }).end();
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(describe(versions, `http://localhost:${server.address().port}`)));
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { address: `http://localhost:${server.address().port}/`, packed, stop };
}

function describe(versions, address) {
  const described = versions.map(({ manifest, file }) => ({
    ...manifest,
    dist: {
      tarball: `${address}/tarballs/${basename(file)}`,
      integrity: `sha512-${createHash("sha512").update(readFileSync(file)).digest("base64")}`,
    },
  }));
  return {
    name: described[0].name,
    "dist-tags": { latest: described[0].version },
    versions: Object.fromEntries(described.map((one) => [one.version, one])),
  };
}

/** A package as npm sends it. */
function published({ versions, _attachments }, folder) {
  const [manifest] = Object.values(versions);
  const [{ data }] = Object.values(_attachments);
  const file = join(folder, `${manifest.name.replace(/[@/]/g, "-")}-published-${manifest.version}.tar.gz`);
  writeFileSync(file, Buffer.from(data, "base64"));
  return { manifest, file };
}

async function body(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
