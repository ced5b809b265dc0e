import type { ComponentChildren, JSX } from "preact";
import type { Loading } from "../state/studio.ts";

/** What is there once something has come; until then that it is waited for, or why it does not come. */
export function Waiting<Value>({
  for: loading,
  none = null,
  children,
}: {
  readonly for: Loading<Value>;
  readonly none?: ComponentChildren;
  readonly children: (value: Value) => ComponentChildren;
}): JSX.Element {
  switch (loading.state) {
    case "none":
      return <>{none}</>;
    case "loading":
      return (
        <p class="waiting" role="status">
          {loading.doing}{" "}
          <progress {...(loading.share === undefined ? {} : { value: loading.share })} aria-label={loading.doing} />
        </p>
      );
    case "failed":
      return (
        <p class="failed" role="alert">
          {loading.why}
        </p>
      );
    case "ready":
      return <>{children(loading.value)}</>;
  }
}
