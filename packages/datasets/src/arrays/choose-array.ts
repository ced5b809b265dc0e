import { SaenoError } from "@saeno/backend";

/** An array in a file that holds several. */
export interface ListedArray {
  readonly name: string;
  readonly shape: readonly number[];
  /** As NumPy calls it; or for what is not an array of numbers, what it is: `text`. */
  readonly type: string;
  readonly isNumeric: boolean;
}

/** Arrays that an error lists, at most. */
const mostListed = 20;

/**
 * The only array that may hold functions: of numbers, with two axes or more. Axes of one entry, which MATLAB gives scalars and vectors, do not count,
 * unless there is no other array.
 *
 * @param address how the file is given on the command line: `hdf5:fields.h5`.
 * @throws SaenoError `data.array` if there is none, or more than one, listing them.
 */
export function onlyArray<T extends ListedArray>(found: readonly T[], file: string, address: string): T {
  const numeric = found.filter(({ isNumeric }) => isNumeric);
  const wide = numeric.filter(({ shape }) => shape.filter((size) => size > 1).length >= 2);
  const fit = wide.length > 0 ? wide : numeric.filter(({ shape }) => shape.length >= 2);
  if (fit.length === 1) return fit[0];
  const problem =
    fit.length > 1
      ? `${file} holds ${fit.length} arrays of numbers on two axes or more. Name one, as in ${address}#${fit[0].name}`
      : `${file} holds no array of numbers on two axes or more`;
  throw arrayError(`${problem}. ${listed(found)}`);
}

/** Where a name was given that is not there. */
export function noSuchArray(wanted: string, found: readonly ListedArray[], file: string): SaenoError {
  return arrayError(`${file} has no array "${wanted}". ${listed(found)}`);
}

function listed(found: readonly ListedArray[]): string {
  if (found.length === 0) return "It is empty.";
  const lines = found.slice(0, mostListed).map(({ name, shape, type }) => `${name} (${shape.join(", ")}) ${type}`);
  const rest = found.length > mostListed ? `, and ${found.length - mostListed} more` : "";
  return `It holds ${lines.join("; ")}${rest}.`;
}

export function arrayError(message: string): SaenoError {
  return new SaenoError("data.array", message, { kind: "data" });
}
