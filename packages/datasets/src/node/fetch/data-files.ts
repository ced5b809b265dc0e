/** A public set of data that is kept in a folder. */
export interface DataFiles {
  /** Names of the files that are fetched, or put in the folder by hand. */
  readonly files: readonly string[];
  /** Addresses a file is fetched from: its name follows. */
  readonly mirrors: readonly string[];
  /** What they are and whose. */
  readonly about: string;
}

/** The data that {@link fetchMnist} and {@link fetchPhotographs} fetch, for messages to those who have to fetch them by other means. */
export const dataFiles: Readonly<Record<"mnist" | "photographs", DataFiles>> = {
  mnist: {
    files: [
      "train-images-idx3-ubyte.gz",
      "train-labels-idx1-ubyte.gz",
      "t10k-images-idx3-ubyte.gz",
      "t10k-labels-idx1-ubyte.gz",
    ],
    mirrors: ["https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"],
    about: "MNIST, 70000 handwritten digits of 28 x 28 points, by Y. LeCun, C. Cortes and C. Burges",
  },
  photographs: {
    files: ["BSDS300-images.tgz"],
    mirrors: [
      "https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/bsds/",
      "https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/segbench/",
    ],
    about:
      "the 300 photographs of the Berkeley Segmentation Dataset, 481 x 321 points, for research and education that are not commercial (D. Martin et al., ICCV 2001)",
  },
};
