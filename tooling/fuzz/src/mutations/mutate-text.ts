import type { Random } from "@saeno/backend";
import { pick } from "../target.ts";
import { mutateBytes } from "./mutate-bytes.ts";
import { oddKeys, oddNumbers } from "./odd-values.ts";

export interface MutatedText {
  readonly text: string;
  readonly changes: readonly string[];
}

/**
 * Damages text that is made of words between signs, as settings are: words become others, double, or vanish.
 *
 * @param words that the reader knows.
 */
export function mutateText(text: string, random: Random, words: readonly string[]): MutatedText {
  if (random.integer(4) === 0) {
    const { bytes, changes } = mutateBytes(new TextEncoder().encode(text), random);
    return { text: new TextDecoder().decode(bytes), changes };
  }
  const parts = text.split(/([\w.]+)/);
  const changes: string[] = [];
  const count = 1 + random.integer(3);
  for (let i = 0; i < count; i++) {
    const at = random.integer(parts.length);
    const before = parts[at];
    const others = [String(pick(oddNumbers, random)), pick(oddKeys, random), pick(words, random), "", before + before];
    const signs = [",", "=", ":", "#", "/", "\\", '"', "'", " ", "\n", "\u0000", "--", "{", "[", ".."];
    parts[at] = pick(random.integer(2) === 0 ? others : [...signs, before + pick(signs, random)], random);
    changes.push(`${JSON.stringify(before)} became ${JSON.stringify(parts[at].slice(0, 40))}`);
  }
  return { text: parts.join(""), changes };
}
