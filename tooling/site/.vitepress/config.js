import { cpSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import GithubSlugger from "github-slugger";
import { defineConfig } from "vitepress";
import { forge, resolveLink } from "../repository.js";

const decisions = "/docs/decisions/";
const packages = [
  ...["core", "activations", "lifting", "training", "metrics", "datasets", "inspect", "networks", "interop"],
  ...["experiments", "report", "fft", "backend", "backend-wasm", "backend-webgpu", "backend-node"],
];
const page = (text, link) => ({ text, link });

const sidebar = [
  {
    text: "Start",
    items: [
      page("In one minute", "/docs/start"),
      page("The ideas", "/docs/ideas"),
      page("A live figure", "/docs/live"),
      page("Glossary", "/docs/glossary"),
    ],
  },
  {
    text: "Tutorials",
    items: [
      page("Your own images", "/docs/your-own-images"),
      page("Solutions of a PDE", "/docs/pde"),
      page("Inside a network", "/docs/inside-a-network"),
      page("Sweeps", "/docs/sweeps"),
      page("Reading a run in Python", "/docs/python"),
      page("A variant of your own", "/docs/your-own-variant"),
      page("Radial basis functions", "/examples/radial-basis/"),
      page("Wavelets", "/examples/wavelets/"),
      page("A backend of your own", "/examples/your-own-backend/"),
    ],
  },
  {
    text: "Guides",
    items: [
      page("The studio", "/docs/studio"),
      page("Concepts that mean something", "/docs/concepts"),
      page("Data", "/docs/data"),
      page("Backends", "/docs/backends"),
      page("Dead concepts", "/docs/dead-concepts"),
      page("Sweeps on a cluster", "/docs/clusters"),
      page("The Python package", "/python/"),
    ],
  },
  {
    text: "Results",
    items: [
      page("The paper, reproduced", "/docs/reproduction"),
      page("The propositions, as tests", "/docs/propositions"),
      page("Where the defaults come from", "/docs/defaults"),
      page("Benchmarks", "/tooling/bench/"),
      page("Compared with other libraries", "/docs/comparison"),
    ],
  },
  {
    text: "Reference",
    items: [
      page("The command line", "/apps/cli/"),
      page("Specification", "/docs/specification"),
      page("Run folders", "/docs/run-folder"),
      page("Architecture", "/docs/architecture"),
      page("Decisions", decisions),
      { ...page("API", "/api/"), collapsed: true, items: packages.map((name) => page(name, `/api/@saeno/${name}`)) },
    ],
  },
  {
    text: "Packages",
    items: [
      ...packages.map((name) => page(name, `/packages/${name}/`)),
      page("studio", "/apps/studio/"),
      page("create-saeno", "/apps/create-saeno/"),
    ],
  },
  {
    text: "Project",
    items: [
      page("Overview", "/overview"),
      page("Contributing", "/CONTRIBUTING"),
      page("Security", "/SECURITY"),
      page("Third-party software", "/docs/third-party"),
    ],
  },
];

const studio = fileURLToPath(new URL("../../../apps/studio/dist", import.meta.url));

export default defineConfig({
  /** The studio, without its page of one file. */
  buildEnd: ({ outDir }) =>
    cpSync(studio, join(outDir, "studio"), { recursive: true, filter: (file) => !file.endsWith("single.html") }),
  // The theme's home page has no main part.
  transformHtml: (html, _, { pageData }) =>
    pageData.frontmatter.layout === "home" ? html.replace('id="VPContent"', 'id="VPContent" role="main"') : undefined,
  title: "saeno",
  description: "Sparse autoencoders whose concepts are functions",
  // For hosts where the site is in a folder: SITE_BASE=/saeno/
  base: process.env.SITE_BASE ?? "/",
  srcDir: "../..",
  srcExclude: ["**/CHANGELOG.md", ".changeset/**", ".github/**", "**/__fixtures__/**", "runs/**", ".saeno/**"],
  // A page is where its document is in the repository, so that links hold in both.
  rewrites: (id) =>
    id
      .replace(/^README\.md$/, "overview.md")
      .replace(/^tooling\/site\/(index\.md|api\/)/, "$1")
      .replace(/\/README\.md$/, "/index.md"),
  head: [["link", { rel: "icon", href: `${process.env.SITE_BASE ?? "/"}icon.svg` }]],
  markdown: {
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    // Sections have the names that the forge gives them.
    anchor: { slugify: (text) => new GithubSlugger().slug(text) },
    config(markdown) {
      markdown.core.ruler.push("repository-links", ({ env, tokens }) => {
        const from = env.relativePath?.replace(/^overview\.md$|(?<=^|\/)index\.md$/, "README.md");
        if (from === undefined || from.startsWith("api/")) return;
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          const href = token.type === "link_open" && token.attrGet("href");
          if (href) token.attrSet("href", pageOf(resolveLink(href, from), from));
        }
      });
      // A wide table scrolls. Without this, its texts would first shrink to one word a line.
      markdown.core.ruler.push("long-cells", ({ tokens }) => {
        for (const [i, token] of tokens.entries()) {
          if (token.type !== "td_open") continue;
          const length = tokens[i + 1].children.reduce((sum, { content }) => sum + content.length, 0);
          if (length > 16) token.attrSet("style", `min-width: ${Math.min(length / 4, 13) + 2}em`);
        }
      });
    },
  },
  vite: {
    publicDir: fileURLToPath(new URL("../public", import.meta.url)),
    worker: { format: "es" },
    plugins: [{ name: "vue-of-the-site", enforce: "pre", resolveId }],
  },
  themeConfig: {
    logo: "/icon.svg",
    nav: [
      page("Start", "/docs/start"),
      page("Guides", "/docs/concepts"),
      page("Reference", "/docs/specification"),
      page("API", "/api/"),
      // Not a page of the site: the browser has to load it.
      { ...page("Studio", "/studio/index.html"), target: "_self" },
    ],
    sidebar,
    outline: [2, 3],
    search: {
      provider: "local",
      // Guides come before the API.
      options: { miniSearch: { searchOptions: { boostDocument: (id) => (id.includes("/api/") ? 0.5 : 1) } } },
    },
    socialLinks: [{ icon: "github", link: forge }],
    editLink: { pattern: `${forge}/edit/main/:path`, text: "Edit this page" },
    footer: { message: "Apache-2.0" },
  },
});

function pageOf(link, from) {
  const isOverview = posix.join(posix.dirname(from), link.split("#")[0]) === "README.md";
  return link.replace(/README\.md(?=#|$)/, isOverview ? "overview.md" : "index.md");
}

/** Documents are outside of this package, and Vue is in it. */
function resolveId(id, importer, options) {
  if (!/^vue($|\/)/.test(id) || !importer?.endsWith(".md")) return null;
  return this.resolve(id, fileURLToPath(import.meta.url), { ...options, skipSelf: true });
}
