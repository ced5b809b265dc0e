/** Milliseconds that the service worker is waited for: without it the page works too, on one thread. */
const mostWaited = 3000;
/** Set while the page is loaded again, so that it is not loaded forever. */
const triedKey = "isolation";

/**
 * Makes the page isolated, so that threads can share memory, where its host sends no headers for that: a service worker adds them, and the page is loaded
 * again.
 *
 * @returns whether it is going to be loaded again, so that nothing needs to begin.
 */
export async function isolate(): Promise<boolean> {
  if (globalThis.crossOriginIsolated) {
    sessionStorage.removeItem(triedKey);
    return false;
  }
  if (!("serviceWorker" in navigator) || !isSecureContext || sessionStorage.getItem(triedKey) !== null) return false;
  sessionStorage.setItem(triedKey, "tried");
  try {
    await navigator.serviceWorker.register("./isolation.js");
    const late = new Promise<never>((_, reject) => setTimeout(reject, mostWaited));
    await Promise.race([navigator.serviceWorker.ready, late]);
    location.reload();
    return true;
  } catch {
    return false;
  }
}
