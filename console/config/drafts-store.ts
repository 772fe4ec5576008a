import { effect, signal } from '@preact/signals';
import type { Drafts } from './draft.ts';

const KEY = 'lateen.drafts';

/** What is being worked on: kept over other pages and a reload, forgotten with the tab. */
export const drafts = signal<Drafts>(readDrafts());

effect(() => {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(drafts.value));
  } catch {
    // No room, or storage is forbidden: it holds until the page is left, and leaving is asked about below.
  }
});

window.addEventListener('beforeunload', (event) => {
  if (Object.values(drafts.peek()).some(({ savedOver }) => savedOver === null)) event.preventDefault();
});

function readDrafts(): Drafts {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as Drafts;
  } catch {
    return {};
  }
}
