export { type DatasetTest, testDataset } from "./testing/test-dataset.ts";
