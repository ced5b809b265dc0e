/** Zip archives that may lie: every field is written as it is told. */
import { crc32, deflateRawSync } from "node:zlib";
import { joined } from "../mutations/mutate-bytes.ts";

export interface ZipMember {
  readonly name: string;
  readonly content: Uint8Array;
  readonly isDeflated?: boolean;
  /** What the directory says instead of the truth. */
  readonly lies?: Partial<ZipFields>;
}

interface ZipFields {
  readonly flags: number;
  readonly method: number;
  readonly checksum: number;
  readonly packed: number;
  readonly size: number;
  /** Where the member begins. */
  readonly offset: number;
}

export function zipFile(members: readonly ZipMember[], { comment = "", count = members.length } = {}): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const { name, content, isDeflated = false, lies = {} } of members) {
    const packed = isDeflated ? new Uint8Array(deflateRawSync(content)) : content;
    const truth: ZipFields = {
      flags: 0x800,
      method: isDeflated ? 8 : 0,
      checksum: crc32(content),
      packed: packed.length,
      size: content.length,
      offset: at,
    };
    const said = { ...truth, ...lies };
    const text = new TextEncoder().encode(name);
    const local = joined(record(0x04034b50, [[2, 20], ...fieldsOf(said), [2, text.length], [2, 0]]), text, packed);
    directory.push(
      joined(
        record(0x02014b50, [
          [2, 20],
          [2, 20],
          ...fieldsOf(said),
          [2, text.length],
          [2, 0],
          [2, 0],
          [2, 0],
          [2, 0],
          [4, 0],
          [4, said.offset],
        ]),
        text,
      ),
    );
    parts.push(local);
    at += local.length;
  }
  const list = joined(...directory);
  const end = record(0x06054b50, [
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, list.length],
    [4, at],
    [2, comment.length],
  ]);
  return joined(...parts, list, end, new TextEncoder().encode(comment));
}

type Field = readonly [width: 2 | 4, value: number];

function fieldsOf({ flags, method, checksum, packed, size }: ZipFields): Field[] {
  return [
    [2, flags],
    [2, method],
    [2, 0],
    [2, 0],
    [4, checksum],
    [4, packed],
    [4, size],
  ];
}

function record(signature: number, fields: readonly Field[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 + fields.reduce((sum, [width]) => sum + width, 0)));
  view.setUint32(0, signature, true);
  let at = 4;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  return new Uint8Array(view.buffer);
}
