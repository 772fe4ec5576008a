import { json, NOT_FOUND, serve } from './serve.ts';

const DETAILS = {
  author: 'Mira Halvorsen',
  year: 2019,
  type: 'paperback',
  pages: 312,
  publisher: 'Leeward Press',
  language: 'English',
  'ISBN-10': '1402713584',
  'ISBN-13': '978-1402713583',
};

serve('details', (_request, url) => {
  const match = /^\/details\/(\d+)$/.exec(url.pathname);
  return match === null ? NOT_FOUND : json({ id: Number(match[1]), ...DETAILS });
});
