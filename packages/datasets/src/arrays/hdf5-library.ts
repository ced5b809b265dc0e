/** What is used of h5wasm, by its names: the library itself is imported by whoever has it. */

/** Types of the C library. Unlike what h5wasm makes of them, they tell when reading failed, and know 16-bit floats. */
export interface Hdf5Metadata {
  /** Absent of a dataset without values. */
  readonly shape: readonly number[] | null;
  readonly chunks: readonly number[] | null;
  /** Class of the type: see {@link typeClasses}. */
  readonly type: number;
  /** Bytes of an entry. */
  readonly size: number;
  readonly total_size: number;
  readonly signed: boolean;
  readonly vlen: boolean;
  readonly littleEndian: boolean;
  readonly enum_type?: { readonly type: number; readonly members: Readonly<Record<string, number>> };
  readonly compound_type?: { readonly members: readonly { readonly name: string; readonly type: number }[] };
  readonly array_type?: { readonly shape: readonly number[] | null };
  readonly virtual_sources?: readonly { readonly file_name: string }[];
}

/** Classes of types by number. */
export const typeClasses = [
  "integers",
  "floats",
  "times",
  "text",
  "bits",
  "opaque bytes",
  "records",
  "references",
  "an enumeration",
  "lists of varying length",
  "arrays",
  "complex numbers",
] as const;

export interface Hdf5Module {
  open(path: string, mode?: number, trackOrder?: boolean, low?: number, high?: number): bigint;
  close_file(file: bigint): number;
  get_type(file: bigint, path: string): number;
  get_names(file: bigint, path: string, recursive: boolean): string[];
  get_symbolic_link(file: bigint, path: string): string;
  get_external_link(file: bigint, path: string): { readonly filename: string; readonly obj_path: string };
  get_dataset_metadata(file: bigint, path: string): Hdf5Metadata;
  get_dataset_filters(file: bigint, path: string): readonly { readonly id: number; readonly name: string }[];
  get_dataset_data(
    file: bigint,
    path: string,
    count: bigint[],
    offset: bigint[],
    strides: bigint[],
    to: bigint,
  ): number;
  get_attribute_names(file: bigint, path: string): string[];
  get_attribute_metadata(file: bigint, path: string, name: string): Hdf5Metadata;
  get_attribute_data(file: bigint, path: string, name: string, to: bigint): number;
  get_attached_scales(file: bigint, path: string, axis: number): string[];
  get_dimension_labels(file: bigint, path: string): (string | null)[];
  create_object_reference(file: bigint, path: string): Uint8Array;
  reclaim_vlen_memory(file: bigint, path: string, attribute: string, at: bigint): number;
  /** Errors of the C library are thrown rather than printed. */
  activate_throwing_error_handler(): number;
  UTF8ToString(at: number): string;
  readonly H5G_GROUP: number;
  readonly H5G_DATASET: number;
  readonly H5G_LINK: number;
  readonly H5G_UDLINK: number;
  readonly HEAPU8: Uint8Array;
  readonly FS: Hdf5Files;
  _malloc(bytes: number): number;
  _free(at: number): void;
}

/** The files that the C library sees: those of Node, or what a page mounts. */
export interface Hdf5Files {
  open(path: string, flags: string): object;
  read(stream: object, buffer: Uint8Array, offset: number, length: number, position: number): number;
  close(stream: object): void;
}

/** h5wasm (`import * as h5wasm from "h5wasm"`, in Node from "h5wasm/node"). */
export interface Hdf5Library {
  readonly ready: Promise<Hdf5Module>;
}
