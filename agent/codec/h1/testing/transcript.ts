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

/** Data is kept as it came, and read at the very end: what was lent would be overwritten by then. */
interface DataLine {
  readonly kind: 'data' | 'tunnel';
  readonly chunks: Buffer[];
}

type Line = string | DataLine;

/** Data of one body is one line, however it came. */
function addData(lines: Line[], kind: DataLine['kind'], chunk: Buffer): void {
  const last = lines.at(-1);
  if (typeof last === 'object' && last.kind === kind) last.chunks.push(chunk);
  else lines.push({ kind, chunks: [chunk] });
}

function readLines(lines: readonly Line[]): Transcript {
  return lines.map((line) =>
    typeof line === 'string' ? line : `${line.kind} ${Buffer.concat(line.chunks).latin1Slice()}`,
  );
}

/** Bytes that are the parser's own, or lent and overwritten when it has looked at them. */
export type Feeding = 'own' | 'lent';

interface Parser {
  push(chunk: Buffer): void;
  pushLent(bytes: Buffer, length: number): void;
}

function feed(parser: Parser, chunk: Buffer, feeding: Feeding): void {
  if (feeding === 'own') {
    parser.push(chunk);
    return;
  }
  const lent = Buffer.concat([chunk, Buffer.from('\r\n\r\nfrom before')]);
  try {
    parser.pushLent(lent, chunk.length);
  } finally {
    lent.fill('#');
  }
}

function refusal(error: unknown): string {
  if (error instanceof ProtocolError) return `refused ${error.status}`;
  throw error;
}

class RequestLog implements RequestSink {
  readonly lines: Line[] = [];
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
export function readRequests(chunks: readonly Buffer[], feeding: Feeding = 'own'): Transcript {
  const log = new RequestLog();
  const parser = new RequestParser(log);
  try {
    for (const chunk of chunks) {
      feed(parser, chunk, feeding);
      while (log.isOver) {
        log.isOver = false;
        if (log.isTunnel) parser.startTunnel();
        else parser.next();
      }
    }
  } catch (error) {
    log.lines.push(refusal(error));
  }
  return readLines(log.lines);
}

class ResponseLog implements ResponseSink {
  readonly lines: Line[] = [];
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
export function readResponse(
  chunks: readonly Buffer[],
  reading: ResponseReading,
  feeding: Feeding = 'own',
): Transcript {
  const log = new ResponseLog();
  const parser = new ResponseParser(log);
  parser.expect(reading.method, reading.isUpgrade ?? false);
  try {
    for (const chunk of chunks) feed(parser, chunk, feeding);
    if (reading.isClosed === true) parser.finish();
  } catch (error) {
    log.lines.push(refusal(error));
  }
  if (parser.hasSurplus) log.lines.push('surplus');
  return readLines(log.lines);
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
