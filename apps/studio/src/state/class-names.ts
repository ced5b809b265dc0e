/** What the channels of outputs are called: a list that a person gives, kept in the browser. */
import { signal } from "@preact/signals";

const key = "class-names";
const most = 100_000;

export const classNames = signal<readonly string[]>(stored());

/** Takes a list from a file, a name on each line or a JSON list. @returns what is wrong with it. */
export async function takeClassNames(file: File): Promise<string | undefined> {
  const names = listOf(await file.text());
  if (names === undefined || names.length === 0 || names.length > most)
    return `${file.name} is not a list of names: a text file with a name on each line is wanted, or a JSON list.`;
  classNames.value = names;
  localStorage.setItem(key, JSON.stringify(names));
  return undefined;
}

/** Of a channel of an output with so many. @param known what came with the network. */
export function classNameOf(channel: number, channels: number, known: readonly string[] = []): string {
  const names = [classNames.value, known].find((each) => each.length === channels);
  return names?.[channel] ?? `channel ${channel}`;
}

function listOf(text: string): readonly string[] | undefined {
  if (text.includes("\0")) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) && parsed.every((name) => typeof name === "string") ? parsed : undefined;
  } catch {
    const lines = text.split(/\r?\n/).map((line) => line.trim());
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }
}

function stored(): readonly string[] {
  return listOf(localStorage.getItem(key) ?? "[]") ?? [];
}
