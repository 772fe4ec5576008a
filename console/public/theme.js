// Runs before anything is painted: who chose a theme sees no flash of the other one. See console/theme.ts.
try {
  const chosen = localStorage.getItem('lateen.theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is forbidden: the system's theme it is.
}
