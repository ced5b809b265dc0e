import type { VNode } from "preact";

/** What went wrong, said where it was asked for; nothing where nothing did. */
export function Problem({ text = "" }: { readonly text?: string | undefined }): VNode | null {
  if (text === "") return null;
  return (
    <p class="failed" role="alert">
      {text}
    </p>
  );
}
