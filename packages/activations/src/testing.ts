/** A test suite that every activation must pass, ours or yours; it takes the `test` of any framework, and throws what it finds. */

export { expectGradient } from "./testing/expect-gradient.ts";
export { expectClose, expectNoLeaks, expectSame, expectThat, type TestFunction } from "./testing/expectations.ts";
export { type TestActivationOptions, testActivation } from "./testing/test-activation.ts";
