/** What attributes say of stored values: the conventions for climate and forecast data (CF), as netCDF, xarray and GDAL write them. */
import { SaenoError } from "@saeno/backend";
import type { Numbers, NumberType } from "./numbers.ts";

/** Bytes of a chunk, unpacked, at most: it is read whole, wherever a number of it is wanted. */
export const mostChunkBytes: number = 2 ** 27;

export interface StoredValues {
  /** What the bytes are to be read as: `_Unsigned` may say otherwise than the file. */
  readonly type: NumberType;
  /** What is done to the values, a phrase each. */
  readonly notes: readonly string[];
  /** Numbers as they are meant: scaled, NaN where a value is missing. */
  decode(numbers: Numbers): Numbers;
}

/**
 * @param attributes numbers, text, or lists of them.
 * @param name of the array, for errors.
 * @throws SaenoError `data.attribute` for an attribute that should be a number and is not.
 */
export function storedValues(attributes: ReadonlyMap<string, unknown>, stored: NumberType, name: string): StoredValues {
  const numbersOf = (attribute: string) => toNumbers(attributes.get(attribute), attribute, name);
  const type = withSign(stored, attributes.get("_Unsigned"));
  const [scale = 1] = numbersOf("scale_factor");
  const [offset = 0] = numbersOf("add_offset");
  const missing = [...numbersOf("_FillValue"), ...numbersOf("missing_value")].filter((value) => !Number.isNaN(value));
  const unique = [...new Set(missing.map((value) => asStored(value, type)))];
  const isScaled = scale !== 1 || offset !== 0;
  const notes = [
    ...(type === stored ? [] : [`${stored} read as ${type}`]),
    ...(scale === 1 ? [] : [`scaled by ${scale}`]),
    ...(offset === 0 ? [] : [`offset by ${offset}`]),
    ...(unique.length === 0
      ? []
      : [`${unique.map((value) => Number(value.toPrecision(7))).join(" and ")} read as missing`]),
  ];
  return {
    type,
    notes,
    decode(numbers) {
      if (!isScaled && unique.length === 0) return numbers;
      const values =
        !isScaled && (numbers instanceof Float32Array || numbers instanceof Float64Array)
          ? numbers
          : Float64Array.from(numbers);
      for (let i = 0; i < values.length; i++) {
        if (unique.includes(values[i])) values[i] = Number.NaN;
        else if (isScaled) values[i] = values[i] * scale + offset;
      }
      return values;
    },
  };
}

/** Attributes are often written in float64 beside values of float32, or unsigned beside signed ones. */
function asStored(value: number, type: NumberType): number {
  if (type === "float32") return Math.fround(value);
  const bits = /^(u?)int(8|16|32)$/.exec(type);
  if (bits === null || !Number.isInteger(value)) return value;
  const wide = 2 ** Number(bits[2]);
  if (bits[1] === "u" && value < 0) return value + wide;
  return bits[1] === "" && value >= wide / 2 && value < wide ? value - wide : value;
}

function withSign(type: NumberType, unsigned: unknown): NumberType {
  const [, sign, bits] = /^(u?)int(8|16|32|64)$/.exec(type) ?? [];
  if (bits === undefined) return type;
  const given: unknown = Array.isArray(unsigned) ? unsigned[0] : unsigned;
  const said = typeof given === "object" ? "" : String(given).toLowerCase();
  if (said === "true" && sign === "") return `uint${bits}` as NumberType;
  return said === "false" && sign === "u" ? (`int${bits}` as NumberType) : type;
}

const special: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

function toNumbers(value: unknown, attribute: string, name: string): number[] {
  if (value === undefined || value === null) return [];
  const list = Array.isArray(value) ? value : [value];
  return list.map((each) => {
    const number = typeof each === "string" ? fromText(each) : each;
    if (typeof number === "number") return number;
    throw new SaenoError(
      "data.attribute",
      `The attribute ${attribute} of ${name} must be a number; it is ${JSON.stringify(each)}. Correct or remove it.`,
      { kind: "data" },
    );
  });
}

function fromText(text: string): number | undefined {
  if (Object.hasOwn(special, text)) return special[text];
  if (text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  // xarray writes fill values of floats into Zarr 3 as the base64 text of their eight bytes.
  if (!/^[A-Za-z0-9+/]{11}=$/.test(text)) return undefined;
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new DataView(bytes.buffer).getFloat64(0, true);
}
