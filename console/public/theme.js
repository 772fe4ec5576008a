// Runs before anything is painted: who chose a theme sees no flash of the other one. See console/theme.ts.
try {
  const chosen = localStorage.getItem('lateen.theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is forbidden: the system's theme it is.
}

// A browser breaks off what it loads when a network of Docker comes or goes: a file that is missing is had by a reload.
addEventListener(
  'error',
  ({ target }) => {
    if (!(target instanceof HTMLScriptElement || target instanceof HTMLLinkElement)) return;
    try {
      if (Date.now() - Number(sessionStorage.getItem('lateen.reloaded')) < 10_000) return;
      sessionStorage.setItem('lateen.reloaded', String(Date.now()));
      setTimeout(() => location.reload(), 500);
    } catch {
      // As above.
    }
  },
  true,
);
