// One GET by node:http: the fetch of Node 20 never settles when a connection is reset as it opens,
// which is what a published port does until its container listens.
import { request } from 'node:http';

/** Resolves with status and body; rejects when the connection fails or `timeoutMs` pass. */
export function httpGet(url, timeoutMs) {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
