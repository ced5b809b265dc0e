/** Test suites that every dictionary, encoder and activation must pass, ours or yours; they take the `test` of any framework. */
export { type TestActivationOptions, type TestFunction, testActivation } from "@saeno/activations/testing";
export { type TestDictionaryOptions, testDictionary } from "./testing/test-dictionary.ts";
export { type TestEncoderOptions, testEncoder } from "./testing/test-encoder.ts";
