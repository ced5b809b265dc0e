import { SaenoError } from "@saeno/backend";

/** A kind of file that may be given where another was expected. */
interface Known {
  readonly what: string;
  /** How to give it to saeno, a sentence without its full stop. */
  readonly remedy: string;
  is(bytes: Uint8Array, text: string): boolean;
}

const begins =
  (...start: number[]) =>
  (bytes: Uint8Array) =>
    start.every((byte, i) => bytes[i] === byte);
const ascii = (start: string) => begins(...Array.from(start, (letter) => letter.charCodeAt(0)));
const toNumpy = (load: string) => `convert it in Python: numpy.save("data.npy", ${load}), then npy:data.npy`;

const kinds: readonly Known[] = [
  { what: "a NumPy file", remedy: "read it as npy:FILE", is: begins(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59) },
  { what: "an HDF5 file", remedy: "read it as hdf5:FILE", is: (bytes) => isHdf5(bytes) },
  {
    what: "a PyTorch file",
    remedy: toNumpy('torch.load("FILE", weights_only=True)["NAME"].numpy()'),
    is: (bytes, text) => isZip(bytes) && /(^|\/)data\.pkl|archive\/|\/byteorder|\.format_version/.test(text),
  },
  {
    what: "an .npz archive",
    remedy: "read it as npz:FILE",
    is: (bytes, text) => isZip(bytes) && /\.npy/.test(text),
  },
  {
    what: "a Zarr store in a zip archive",
    remedy: "read it as zarr:FILE",
    is: (bytes, text) => isZip(bytes) && /\.zarray|zarr\.json/.test(text),
  },
  { what: "a zip archive", remedy: "unpack it first", is: isZip },
  {
    what: "a MATLAB 5 file",
    remedy:
      'save it in MATLAB with save("data.mat", "-v7.3"), then hdf5:data.mat; or convert it in Python with scipy.io.loadmat',
    is: (_, text) => text.startsWith("MATLAB 5.0 MAT-file"),
  },
  {
    what: "a pickle",
    remedy: `pickles can run code and are never loaded: ${toNumpy('pickle.load(open("FILE", "rb"))')}`,
    is: (bytes) => bytes[0] === 0x80 && bytes[1] >= 2 && bytes[1] <= 5,
  },
  { what: "a netCDF 3 file", remedy: "convert it: nccopy -k nc4 FILE data.nc, then hdf5:data.nc", is: ascii("CDF") },
  { what: "a Parquet file", remedy: toNumpy('numpy.stack(pandas.read_parquet("FILE")["NAME"])'), is: ascii("PAR1") },
  {
    what: "an Arrow file",
    remedy: toNumpy('pyarrow.ipc.open_file("FILE").read_all()["NAME"].to_numpy()'),
    is: ascii("ARROW1"),
  },
  { what: "a GGUF model", remedy: "it holds a quantized model, not data", is: ascii("GGUF") },
  { what: "a FITS file", remedy: toNumpy('astropy.io.fits.getdata("FILE")'), is: ascii("SIMPLE  =") },
  { what: "a GRIB file", remedy: "convert it with grib_to_netcdf, then hdf5:FILE", is: ascii("GRIB") },
  {
    what: "a PNG image",
    remedy: "one is image:FILE, a folder of them images:FOLDER",
    is: begins(0x89, 0x50, 0x4e, 0x47),
  },
  { what: "a JPEG image", remedy: "one is image:FILE, a folder of them images:FOLDER", is: begins(0xff, 0xd8, 0xff) },
  { what: "a GIF image", remedy: "one is image:FILE, a folder of them images:FOLDER", is: ascii("GIF8") },
  { what: "a BMP image", remedy: "one is image:FILE, a folder of them images:FOLDER", is: ascii("BM") },
  {
    what: "a TIFF image",
    remedy: "one is image:FILE, a folder of them images:FOLDER",
    is: (bytes) => begins(0x49, 0x49, 0x2a, 0)(bytes) || begins(0x4d, 0x4d, 0, 0x2a)(bytes),
  },
  { what: "a gzipped file", remedy: "unpack it with gunzip", is: begins(0x1f, 0x8b) },
  { what: "a file compressed by zstd", remedy: "unpack it with zstd -d", is: begins(0x28, 0xb5, 0x2f, 0xfd) },
  { what: "a file compressed by xz", remedy: "unpack it with xz -d", is: begins(0xfd, 0x37, 0x7a, 0x58, 0x5a) },
  { what: "a file compressed by bzip2", remedy: "unpack it with bzip2 -d", is: ascii("BZh") },
  { what: "a PDF", remedy: "it holds no array", is: ascii("%PDF") },
  {
    what: "an IDX file, as MNIST's",
    remedy: "read its folder as mnist:FOLDER",
    is: (bytes) =>
      bytes[0] === 0 && bytes[1] === 0 && [8, 9, 11, 12, 13, 14].includes(bytes[2]) && bytes[3] >= 1 && bytes[3] <= 4,
  },
  {
    what: "a safetensors file",
    remedy: "read it as safetensors:FILE",
    is: (bytes, text) => isSafetensors(bytes, text),
  },
  {
    what: "a web page",
    remedy: "the download went wrong: fetch the file itself",
    is: (_, text) => /^\s*<(!doctype|html|\?xml)/i.test(text),
  },
  {
    what: "a pointer of Git LFS",
    remedy: "the file itself is not here: git lfs pull",
    is: (_, text) => text.startsWith("version https://git-lfs"),
  },
  {
    what: "JSON",
    remedy: toNumpy('numpy.array(json.load(open("FILE")))'),
    is: (_, text) => /^\uFEFF?\s*[[{]\s*["\d[{\]}-]/.test(text),
  },
  {
    what: "a CSV or text file",
    remedy: toNumpy('numpy.loadtxt("FILE", delimiter=",")'),
    is: (bytes, text) => bytes.length > 0 && !isBinary(bytes, text) && /[\d"a-z][,;\t ]/i.test(text),
  },
];

function isBinary(bytes: Uint8Array, text: string): boolean {
  return (
    text.includes("\uFFFD") || bytes.subarray(0, recognizedBytes).some((byte) => byte < 9 || (byte > 13 && byte < 32))
  );
}

function isZip(bytes: Uint8Array): boolean {
  return begins(0x50, 0x4b, 3, 4)(bytes) || begins(0x50, 0x4b, 5, 6)(bytes);
}

/** Its signature stands at 0, 512, 1024, ..: MATLAB 7.3 puts a header of its own before it. */
function isHdf5(bytes: Uint8Array): boolean {
  const signature = begins(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a);
  return [0, 512, 1024, 2048].some((at) => signature(bytes.subarray(at, at + 8)));
}

function isSafetensors(bytes: Uint8Array, text: string): boolean {
  return bytes.length > 9 && bytes[6] === 0 && bytes[7] === 0 && /^\{\s*"/.test(text.slice(8, 12));
}

/** Bytes that {@link recognize} looks at. */
export const recognizedBytes = 4096;

/** What a file is, by its first bytes, and how to give it to saeno; nothing where that is not known. */
export function recognize(bytes: Uint8Array): { readonly what: string; readonly remedy: string } | undefined {
  const start = bytes.subarray(0, recognizedBytes);
  if (start.length === 0) return { what: "empty", remedy: "fetch or write it again" };
  const text = new TextDecoder().decode(start);
  return kinds.find(({ is }) => is(start, text));
}

/**
 * The error for a file that is not what it was read as.
 *
 * @param expected such as `a .npy file`.
 * @param problem what is wrong if it is not known what the file is.
 */
export function wrongFile(
  { bytes, name }: { readonly bytes: Uint8Array; readonly name: string },
  { expected, code, problem }: { readonly expected: string; readonly code: string; readonly problem: string },
): SaenoError {
  const found = recognize(bytes);
  const message =
    found === undefined
      ? `${name} is not ${expected}: ${problem}.`
      : `${name} is ${found.what}, not ${expected}: ${found.remedy.replaceAll("FILE", name)}.`;
  return new SaenoError(code, message, { kind: "data" });
}
