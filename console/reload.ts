/** public/theme.js does the same for the first files. */
const KEY = 'lateen.reloaded';
const AGAIN_MS = 10_000;

/** Loads the console anew, but not again and again. */
export function reloadOnce(): void {
  try {
    if (Date.now() - Number(sessionStorage.getItem(KEY)) < AGAIN_MS) return;
    sessionStorage.setItem(KEY, String(Date.now()));
  } catch {
    // Without a memory it could go on for ever.
    return;
  }
  window.location.reload();
}
