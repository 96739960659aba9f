// One at a time over all tabs of this origin.

/** The browser's own lock: it is released when its tab closes, crashes or finishes. */
const inAllTabs = (run) => navigator.locks.request("auth-session", run);

let last = Promise.resolve();

/**
 * The fallback where there is no navigator.locks: a page over plain http, Node before version 24.
 * It knows this page only. Several tabs may still refresh at once, so serve with --grace-seconds.
 */
function inThisPage(run) {
  const mine = last.then(run);
  last = mine.catch(() => {}); // a failure is the caller's, not that of who comes next
  return mine;
}

export const oneAtATime = globalThis.navigator?.locks ? inAllTabs : inThisPage;
