import { Command } from "commander";
import { expect, test } from "vitest";
import { fitted, helpSettings } from "./help.ts";

const text =
  "Writes the model for another\nlibrary:\n" +
  "  one      a first format that has a long description, which goes on\n           in the second column\n" +
  "  two      another\n" +
  "What else there is to say\nof it.";
const expected = [
  "Writes the model for another library:",
  "  one      a first format that has a long description,",
  "           which goes on in the second column",
  "  two      another",
  "",
  "What else there is to say of it.",
];

test("paragraphs and lists of a description fill the width, whatever their lines in the source", () => {
  const command = new Command("write").description(text).configureHelp({ ...helpSettings, helpWidth: 58 });
  expect(command.helpInformation().split("\n").slice(2, 8)).toEqual(expected);
});

test("so does text after the options", () => {
  const command = new Command("write").configureOutput({ getOutHelpWidth: () => 58 });
  expect(fitted(text, command).split("\n")).toEqual(expected);
});
