/** Text on one line of Markdown, with nothing in it that Markdown or HTML would take for markup. */
export function markdownText(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .trim()
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/[\\`*_[\]|~$>]/g, "\\$&")
    .replace(/^[#+-]/, "\\$&")
    .replace(/^(\d+)(?=[.)] )/, "$1\\");
}
