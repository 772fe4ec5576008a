import type { Clock } from '../../base/clock.ts';
import { Counter, renderCounters } from '../../base/metrics.ts';
import type { NodeSpec } from '../../model/node.ts';
import { request } from './node-http.ts';

const PATIENCE_MS = 3000;
/** An application that says more is cut off here: a scrape must not fill the agent's memory. */
const MAX_BYTES = 16 * 1024 * 1024;
/** OpenMetrics' last line; nothing may stand behind it. */
const END = /^# EOF\s*$/m;

/** The proxy's metrics and those of the application beside it, as Istio's 15020 has them. */
export function createMergedMetrics(
  renderOwn: () => string,
  application: () => NodeSpec['applicationMetrics'],
  clock: Clock,
): () => Promise<string> {
  const failures = new Counter('type="application"');
  return async () => {
    const place = application();
    const theirs = place === undefined ? '' : await scrape(place, clock);
    if (theirs === null) failures.value += 1;
    const own = renderOwn() + renderCounters('istio_agent_scrape_failures_total', [failures]);
    return own + (theirs ?? '').replace(END, '');
  };
}

/** null = there was no answer to be had. Asked on loopback, where an application that listens at all is reached. */
function scrape({ port, path }: { port: number; path: string }, clock: Clock): Promise<string | null> {
  return new Promise((resolve) => {
    const outgoing = request(
      { host: '127.0.0.1', port, path, headers: { accept: 'text/plain' }, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
          if (text.length > MAX_BYTES) outgoing.destroy();
        });
        response.on('end', () => finish(response.statusCode === 200 ? withNewline(text) : null));
        response.on('error', () => finish(null));
      },
    );
    const cancelTimer = clock.after(PATIENCE_MS, () => outgoing.destroy());
    const finish = (text: string | null) => {
      cancelTimer();
      resolve(text);
    };
    outgoing.on('error', () => finish(null));
    outgoing.on('close', () => finish(null));
    outgoing.end();
  });
}

const withNewline = (text: string) => (text === '' || text.endsWith('\n') ? text : `${text}\n`);
