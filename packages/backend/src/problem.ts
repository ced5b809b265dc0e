/** What is wrong with a value, in words that complete "`name` ..". */
import type { BaseIssue } from "valibot";

const types: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  boolean: "true or false",
  Array: "a list",
  Object: "an object",
  null: "null",
  "!NaN": "a number",
};

/** An issue of a schema: its own message where it has one, else what was expected; valibot's message is for programmers. */
export function problemOf({ message, expected, received }: BaseIssue<unknown>): string {
  if (!message.startsWith("Invalid ")) return message;
  if (received === "undefined") return "is missing";
  if (expected === "never") return "is not known here";
  if (expected === null) return "is not valid";
  // `(string | Array)`, `>=1`, `"a"`.
  const alternatives = expected
    .replace(/^\((.*)\)$/, "$1")
    .split(" | ")
    .map((type) => types[type] ?? type.replace(/^>=/, "at least ").replace(/^<=/, "at most "));
  return `must be ${alternatives.join(" or ")}`;
}

/** The same, with what came, where something did. */
export function issueOf(issue: BaseIssue<unknown>): string {
  return `${problemOf(issue)}${issue.input === undefined ? "" : `; got ${shown(issue.input)}`}`;
}

/** A value as messages show it: in JSON, but no longer than a line. */
export function shown(value: unknown): string {
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}
