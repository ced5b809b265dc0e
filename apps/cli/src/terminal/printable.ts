/** What steers a terminal, or turns the direction of text: names come from files of others. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/** Text for people, in lines. */
export function printable(text: string): string {
  return text.replace(steering, " ");
}

/** The same as one line. */
export function printableLine(text: string): string {
  return printable(text)
    .replace(/\s*\n\s*/g, " ")
    .trim();
}

/** JSON for programs, in lines or as one: what is not escaped there anyway, and a terminal might take for a command, is. */
export function printableJson(document: unknown, indent = 2): string {
  const escaped = (found: string) =>
    Array.from(found, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
  // Line breaks of the layout are the only control characters outside of texts.
  return JSON.stringify(document, null, indent).replace(steering, escaped);
}
