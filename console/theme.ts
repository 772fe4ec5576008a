import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'lateen.theme';

/** What the user chose; public/theme.js has applied it before the first paint. */
export const theme = signal<Theme>(readTheme());

effect(() => {
  const chosen = theme.value;
  if (chosen === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = chosen;
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // Storage is forbidden: it holds until the page is left.
  }
});

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

/** Counts up with each change of what is seen: for what is drawn on a canvas and takes colours out of CSS. */
export const paint = signal(0);
systemIsDark.addEventListener('change', () => paint.value++);
theme.subscribe(() => paint.value++);

export const isDark = (): boolean =>
  theme.peek() === 'dark' || (theme.peek() === 'system' && systemIsDark.matches);

function readTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : 'system';
  } catch {
    return 'system';
  }
}
