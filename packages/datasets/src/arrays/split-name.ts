/** `fields.npz#train` as a file and the name of an array in it, split at the last `#`. */
export function splitName(text: string): { readonly file: string; readonly name?: string } {
  const at = text.lastIndexOf("#");
  return at < 0 ? { file: text } : { file: text.slice(0, at), name: text.slice(at + 1) };
}
