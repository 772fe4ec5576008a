import { json, NOT_FOUND, serve } from './serve.ts';

/** Set by environment, to see how callers cope: FAIL_PERCENT of the requests get 503, DELAY_MS is waited first. */
const failPercent = Number(process.env['FAIL_PERCENT'] ?? '0');
const delayMs = Number(process.env['DELAY_MS'] ?? '0');

serve('ratings', async (_request, url) => {
  const match = /^\/ratings\/(\d+)$/.exec(url.pathname);
  if (match === null) return NOT_FOUND;
  if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
  if (Math.random() * 100 < failPercent) return json({ error: 'Service unavailable' }, 503);
  return json({ id: Number(match[1]), ratings: { Reviewer1: 5, Reviewer2: 4 } });
});
