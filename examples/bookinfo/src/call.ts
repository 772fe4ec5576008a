import { Agent, type IncomingMessage, request } from 'node:http';

/** Without these a proxy cannot tell which calls belong to which request: every service passes them on. */
const PASSED_ON = [
  'x-request-id',
  'traceparent',
  'tracestate',
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
  'x-ot-span-context',
  'x-cloud-trace-context',
  'grpc-trace-bin',
  'x-datadog-trace-id',
  'x-datadog-parent-id',
  'x-datadog-sampling-priority',
  'sw8',
  'end-user',
  'cookie',
  'authorization',
  'jwt',
  'user-agent',
];

export function passedOn(incoming: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = incoming.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}

export interface Answer {
  /** 0 = none came. */
  readonly status: number;
  readonly body: unknown;
}

const agent = new Agent({ keepAlive: true });
const NONE: Answer = { status: 0, body: null };

/** GETs JSON of another service within `timeoutMs`; a failure is an answer with status 0 or an error's status. */
export function callJson(url: string, headers: Record<string, string>, timeoutMs: number): Promise<Answer> {
  return attempt(url, headers, AbortSignal.timeout(timeoutMs));
}

function attempt(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve) => {
    const outgoing = request(url, { headers, agent, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => resolve(NONE));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: parse(Buffer.concat(chunks)) }),
      );
    });
    outgoing.on('error', () => {
      // A kept connection may have been closed in the meantime: that is no failure of the service.
      const isStale = outgoing.reusedSocket && !signal.aborted;
      resolve(isStale ? attempt(url, headers, signal) : NONE);
    });
    outgoing.end();
  });
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    // A proxy's own answer is text.
    return null;
  }
}
