import { json, NOT_FOUND, productId, serve } from './serve.ts';

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
  const id = productId(url, 'details');
  return id === null ? NOT_FOUND : json({ id, ...DETAILS });
});
