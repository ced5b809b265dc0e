/** A run and the page in one HTML file, which needs nothing else: no server, no network. */
import { running } from "./studio.ts";

/** Where the run stands in such a file. */
const elementId = "bundled-run";
/** The page without a run, beside this one. */
const emptyPage = "./single.html";

/** Whether this page is such a file. */
export function isBundle(): boolean {
  return document.getElementById(elementId) !== null;
}

/** One file with a run. */
export async function bundleRun(place: string): Promise<Blob> {
  const response = await fetch(emptyPage);
  if (!response.ok) throw new Error("The page to save a run in is missing.");
  const files = await (await running()).bundle(place);
  const entries = [...files].map(([name, content]) => [name, base64(content)] as const);
  const name = place.split("/").at(-1) ?? "run";
  const text = JSON.stringify({ name, files: Object.fromEntries(entries) }).replaceAll("<", "\\u003c");
  const run = `<script type="application/json" id="${elementId}">${text}</script>`;
  const page = await response.text();
  // A function, since text of a run may have dollars.
  return new Blob([page.replace("<head>", () => `<head>${run}`)], { type: "text/html" });
}

/** The run that this page was made with, put where runs are kept. @returns its place. */
export async function openBundled(): Promise<string | undefined> {
  const element = document.getElementById(elementId);
  if (element === null) return undefined;
  const { name, files }: { readonly name: string; readonly files: Readonly<Record<string, string>> } = JSON.parse(
    element.textContent ?? "{}",
  );
  const blobs = Object.entries(files).map(([file, content]) => [file, new Blob([bytesOf(content)])] as const);
  return (await running()).save(name, new Map(blobs));
}

function base64(content: Uint8Array | string): string {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
