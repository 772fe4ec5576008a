import type { Headers, RequestHead, ResponseHead } from '../../head.ts';
import { ProtocolError } from '../../protocol-error.ts';
import { RequestParser, type RequestSink } from '../request-parser.ts';
import { ResponseParser, type ResponseSink } from '../response-parser.ts';

/**
 * What a parser told, one line per event: independent of how its bytes were cut, so that every way of feeding it can be
 * compared. Bytes are latin1.
 */
export type Transcript = string[];

const pairs = (headers: Headers) =>
  headers.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${headers[index + 1]}`] : [])).join('; ');

function flags(values: Readonly<Record<string, boolean>>): string {
  return Object.entries(values)
    .map(([name, value]) => (value ? ` ${name}` : ''))
    .join('');
}

/** Data of one body is one line, however it came. */
function addData(lines: Transcript, kind: string, chunk: Buffer): void {
  const text = chunk.latin1Slice();
  if (lines.at(-1)?.startsWith(`${kind} `)) lines[lines.length - 1] += text;
  else lines.push(`${kind} ${text}`);
}

function refusal(error: unknown): string {
  if (error instanceof ProtocolError) return `refused ${error.status}`;
  throw error;
}

class RequestLog implements RequestSink {
  readonly lines: Transcript = [];
  isOver = false;
  isTunnel = false;

  onRequest(head: RequestHead, hasBody: boolean, isLast: boolean): void {
    const { method, path, authority, version, contentLength, upgrade } = head;
    this.isTunnel = method === 'CONNECT' || upgrade !== '';
    const notes = flags({ body: hasBody, last: isLast, continue: head.expectContinue });
    const to = upgrade === '' ? '' : ` upgrade=${upgrade}`;
    this.lines.push(`${method} ${path} @${authority} ${version} length=${contentLength}${notes}${to}`);
    if (head.headers.length > 0) this.lines.push(pairs(head.headers));
  }

  onData(chunk: Buffer): void {
    addData(this.lines, 'data', chunk);
  }

  onEnd(trailers: Headers | null): void {
    this.lines.push(trailers === null ? 'end' : `end ${pairs(trailers)}`);
    this.isOver = true;
  }

  onTunnel(chunk: Buffer): void {
    addData(this.lines, 'tunnel', chunk);
  }
}

/** Every request is answered at its end; one that asks for a tunnel gets it. */
export function readRequests(chunks: readonly Buffer[]): Transcript {
  const log = new RequestLog();
  const parser = new RequestParser(log);
  try {
    for (const chunk of chunks) {
      parser.push(chunk);
      while (log.isOver) {
        log.isOver = false;
        if (log.isTunnel) parser.startTunnel();
        else parser.next();
      }
    }
  } catch (error) {
    log.lines.push(refusal(error));
  }
  return log.lines;
}

class ResponseLog implements ResponseSink {
  readonly lines: Transcript = [];
  isOver = false;

  onInterim(head: ResponseHead): void {
    this.lines.push(`interim ${head.status} ${pairs(head.headers)}`.trimEnd());
  }

  onResponse(head: ResponseHead, hasBody: boolean, canReuse: boolean): void {
    const { status, reason, version, contentLength, upgrade } = head;
    const notes = flags({ body: hasBody, reusable: canReuse });
    const to = upgrade === '' ? '' : ` upgrade=${upgrade}`;
    this.lines.push(`${version} ${status} ${reason} length=${contentLength}${notes}${to}`);
    if (head.headers.length > 0) this.lines.push(pairs(head.headers));
  }

  onData(chunk: Buffer): void {
    addData(this.lines, 'data', chunk);
  }

  onEnd(trailers: Headers | null): void {
    this.lines.push(trailers === null ? 'end' : `end ${pairs(trailers)}`);
    this.isOver = true;
  }

  onTunnel(chunk: Buffer): void {
    addData(this.lines, 'tunnel', chunk);
  }
}

export interface ResponseReading {
  readonly method: string;
  readonly isUpgrade?: boolean;
  /** The peer ends the connection behind the bytes. */
  readonly isClosed?: boolean;
}

/** One answer to one request. */
export function readResponse(chunks: readonly Buffer[], reading: ResponseReading): Transcript {
  const log = new ResponseLog();
  const parser = new ResponseParser(log);
  parser.expect(reading.method, reading.isUpgrade ?? false);
  try {
    for (const chunk of chunks) parser.push(chunk);
    if (reading.isClosed === true) parser.finish();
  } catch (error) {
    log.lines.push(refusal(error));
  }
  if (parser.hasSurplus) log.lines.push('surplus');
  return log.lines;
}

/** The same bytes whole, byte by byte, and in two reads cut at every place. */
export function* waysToFeed(text: string): Generator<readonly [how: string, chunks: Buffer[]]> {
  const bytes = Buffer.from(text, 'latin1');
  yield ['whole', [bytes]];
  yield ['byte by byte', Array.from(bytes, (_, index) => bytes.subarray(index, index + 1))];
  for (let at = 1; at < bytes.length; at++) {
    yield [`cut at ${at}`, [bytes.subarray(0, at), bytes.subarray(at)]];
  }
}
