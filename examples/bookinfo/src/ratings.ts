import { setTimeout as sleep } from 'node:timers/promises';
import { json, NOT_FOUND, productId, serve } from './serve.ts';

/** To see how callers cope: so many per cent of the requests get 503, and each is answered so much later. */
const failPercent = Number(process.env['FAIL_PERCENT'] ?? '0');
const delayMs = Number(process.env['DELAY_MS'] ?? '0');

serve('ratings', async (_request, url) => {
  const id = productId(url, 'ratings');
  if (id === null) return NOT_FOUND;
  if (delayMs > 0) await sleep(delayMs);
  if (Math.random() * 100 < failPercent) return json({ error: 'Service unavailable' }, 503);
  return json({ id, ratings: { Reviewer1: 5, Reviewer2: 4 } });
});
