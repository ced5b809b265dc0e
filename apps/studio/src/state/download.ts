/** Gives a person a file. */
export function download(name: string, content: string | Uint8Array | Blob, type = "application/octet-stream"): void {
  const blob = content instanceof Blob ? content : new Blob([content as BlobPart], { type });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser takes a moment to read it.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
