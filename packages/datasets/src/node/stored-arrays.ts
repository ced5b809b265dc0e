import { SaenoError } from "@saeno/backend";
import { arraySchema, defineArrays } from "../arrays/array-components.ts";
import { splitName } from "../arrays/split-name.ts";
import { isUrl } from "../bytes/byte-source.ts";
import type { DatasetComponent } from "../components/define-dataset.ts";
import { workerArray } from "./worker-array.ts";

export const hdf5Component: DatasetComponent = defineArrays({
  kind: "hdf5",
  summary: "functions from a dataset of an HDF5, netCDF 4 or MATLAB 7.3 file: hdf5:FILE#DATASET",
  schema: arraySchema("an HDF5, netCDF 4 or MATLAB 7.3 file, with #DATASET where it holds several", "dataset"),
  async openArray({ file: text, array }) {
    const { file, name } = splitName(text);
    if (isUrl(file)) {
      const problem = `HDF5 is read from files: fetch ${file} first, or give a Zarr store, which is read from web servers.`;
      throw new SaenoError("hdf5.url", problem);
    }
    return workerArray({ kind: "hdf5", path: file, array: array ?? name });
  },
});

export const zarrComponent: DatasetComponent = defineArrays({
  kind: "zarr",
  summary: "functions from an array of a Zarr store, a folder, zip archive or address: zarr:STORE#ARRAY",
  schema: arraySchema(
    "a Zarr store: a folder, a zip archive or an address, with #ARRAY where it holds several",
    "array",
  ),
  openArray({ file: text, array }) {
    const { file, name } = splitName(text);
    return workerArray({ kind: "zarr", path: file, array: array ?? name });
  },
});
