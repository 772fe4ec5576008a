// Pages by path. Links are plain <a href>: a click on one of this origin changes the page without a load.
import { signal } from '@preact/signals';

export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** What a page is given: the parts of its path that have names, as in `/workloads/:name`. */
export interface RoutedProps {
  readonly params: Readonly<Record<string, string>>;
}

export const place = signal<Place>(readPlace());

/** `replace`: no new entry in the browser's history, for what a user would not go back to step by step. */
export function navigate(to: string, { replace = false } = {}): void {
  const { pathname, search } = window.location;
  if (to === `${pathname}${search}`) return;
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  place.value = readPlace();
}

/** Changes parameters of the page's own address; '' takes one away. */
export function setQuery(changes: Readonly<Record<string, string>>, options = { replace: true }): void {
  const query = new URLSearchParams(place.peek().query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  navigate(`${place.peek().path}${text === '' ? '' : `?${text}`}`, options);
}

export function startRouter(): void {
  window.addEventListener('popstate', () => {
    place.value = readPlace();
  });
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || link.target !== '' || link.hasAttribute('download')) return;
    const { origin, pathname, search, hash } = new URL(link.href, window.location.href);
    if (origin !== window.location.origin || pathname.startsWith('/api/') || hash !== '') return;
    event.preventDefault();
    navigate(`${pathname}${search}`);
    window.scrollTo(0, 0);
  });
}

function readPlace(): Place {
  const { pathname, search } = window.location;
  const path = pathname === '/' ? '/graph' : pathname.replace(/\/+$/, '');
  return { path, query: new URLSearchParams(search) };
}
