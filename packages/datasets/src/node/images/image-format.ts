/** What a file is by its first bytes: names of files are not to be trusted. */

/** Formats that are read, by the names people have for them. */
export type ImageFormat = "png" | "jpeg" | "gif" | "webp" | "tiff" | "avif" | "bmp";

/** How many bytes `formatOf` wants to see. */
export const signatureBytes = 32;

/** Endings of files that must be images: one that is not is an error. */
export const imageExtensions: readonly string[] = [
  ".jpg",
  ".jpeg",
  ".png",
  ".webp",
  ".tif",
  ".tiff",
  ".gif",
  ".avif",
  ".bmp",
  ".jpe",
  ".jfif",
  ".apng",
  ".dib",
];

/** Images that are not read here, which nobody should have to miss to find out. Some raw ones look like TIFF. */
const otherImages =
  /^\.(heic|heif|hif|jxl|jp2|j2k|jpx|jpf|svgz?|psd|psb|ico|cur|exr|hdr|dcm|nii|dng|nef|cr2|cr3|arw|raf|orf|rw2|pbm|pgm|ppm|pnm|pam|pfm|tga|eps|pdf|xcf|fits?|czi|lif|nd2|oib|oif|svs|ndpi|mrxs|vsi)$/;

export function isOtherImage(extension: string): boolean {
  return otherImages.test(extension);
}

/** @returns `undefined` for what is not an image that is read here. */
export function formatOf(bytes: Uint8Array): ImageFormat | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, signatureBytes));
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (text.startsWith("\xff\xd8\xff")) return "jpeg";
  if (/^GIF8[79]a/.test(text)) return "gif";
  if (/^RIFF[\s\S]{4}WEBP/.test(text)) return "webp";
  if (/^(II[*+]\0|MM\0[*+])/.test(text)) return "tiff";
  if (/^[\s\S]{4}ftyp/.test(text) && /avi[fs]/.test(text)) return "avif";
  // "BM" begins many a text; the size of the second header follows 12 bytes later.
  if (text.startsWith("BM") && [12, 16, 40, 52, 56, 64, 108, 124].includes(bytes[14]) && bytes[15] === 0) return "bmp";
  return undefined;
}
