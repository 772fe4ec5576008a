import { isUtf8 } from 'node:buffer';
import { lastField, type ProtobufField, ProtobufWriter, readFields } from '../../../base/protobuf.ts';
import type { RequestHead } from '../../codec/head.ts';
import { type CheckAnswer, type EditMode, type HeaderEdit, NO_EDITS } from './answer.ts';
import { type CheckedBody, PARTIAL_BODY } from './http-check.ts';

/**
 * Questions to an authorizer that speaks gRPC: `envoy.service.auth.v3`, external_auth.proto and
 * attribute_context.proto. Field numbers are written where they are used.
 */
export const CHECK_PATH = '/envoy.service.auth.v3.Authorization/Check';

/** Both ends of the caller's connection. */
export interface CheckedPeer {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** SPIFFE id, '' = not known. */
  readonly identity: string;
}

export interface CheckedRequest {
  readonly head: RequestHead;
  readonly scheme: string;
  readonly startedAtMs: number;
  readonly id: string;
  /** null = it is not shown any. */
  readonly body: CheckedBody | null;
  /** The body as `raw_body`; as a string, what is no UTF-8 is lost. */
  readonly packsBytes: boolean;
}

/** CheckRequest. @param request null = the connection carries no HTTP */
export function encodeCheck(peer: CheckedPeer, own: string, request: CheckedRequest | null): Buffer {
  const writer = new ProtobufWriter();
  writer.message(1, (attributes) => {
    attributes.message(1, (source) => writePeer(source, peer.remoteAddress, peer.remotePort, peer.identity));
    attributes.message(2, (destination) =>
      writePeer(destination, peer.localAddress, peer.localPort, peer.identity === '' ? '' : own),
    );
    if (request === null) return;
    attributes.message(4, (outer) => {
      outer.message(1, (time) => writeTime(time, request.startedAtMs));
      outer.message(2, (http) => writeHttp(http, request));
    });
  });
  return writer.finish();
}

/** AttributeContext.Peer. */
function writePeer(writer: ProtobufWriter, address: string, port: number, principal: string): void {
  writer.message(1, (outer) =>
    outer.message(1, (socketAddress) => socketAddress.string(2, address).integer(3, port)),
  );
  if (principal !== '') writer.string(4, principal);
}

function writeTime(writer: ProtobufWriter, wallMs: number): void {
  const seconds = Math.floor(wallMs / 1000);
  writer.integer(1, seconds).integer(2, Math.round((wallMs - seconds * 1000) * 1e6));
}

/** AttributeContext.HttpRequest. */
function writeHttp(writer: ProtobufWriter, request: CheckedRequest): void {
  const { head, scheme, id, body } = request;
  writer.string(1, id).string(2, head.method);
  for (const [name, value] of headersOf(request)) writer.message(3, (entry) => writeText(entry, name, value));
  writer.bytes(4, textBytes(head.path)).bytes(5, textBytes(head.authority)).string(6, scheme);
  writer.integer(9, head.contentLength >= 0 ? head.contentLength : -1).string(10, head.version);
  if (body === null) return;
  if (request.packsBytes) writer.bytes(12, body.bytes);
  else writer.bytes(11, isUtf8(body.bytes) ? body.bytes : textBytes(body.bytes.latin1Slice()));
}

function writeText(entry: ProtobufWriter, name: string, value: string): void {
  entry.bytes(1, textBytes(name)).bytes(2, textBytes(value));
}

/** Lines of one name are joined here, since a map has one value for a key. */
function headersOf({ head, scheme, body }: CheckedRequest): ReadonlyMap<string, string> {
  const { headers, method, path, authority } = head;
  const map = new Map([
    [':authority', authority],
    [':method', method],
    [':path', path],
    [':scheme', scheme],
  ]);
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    const value = headers[i + 1] as string;
    const before = map.get(name);
    map.set(name, before === undefined ? value : `${before},${value}`);
  }
  if (head.contentLength > 0) map.set('content-length', String(head.contentLength));
  if (body !== null) map.set(PARTIAL_BODY, String(body.isPartial));
  return map;
}

/** A string must be UTF-8, or readers refuse the whole message; Envoy writes `!` for each byte that is none. */
function textBytes(wire: string): Buffer {
  const bytes = Buffer.from(wire, 'latin1');
  return isUtf8(bytes) ? bytes : Buffer.from(wire.replace(/[\x80-\xff]/g, '!'), 'latin1');
}

const FAILED: CheckAnswer = { kind: 'failed' };

/** CheckResponse. */
export function decodeCheck(message: Buffer): CheckAnswer {
  const fields = readFields(message);
  if (fields === null) return FAILED;
  const status = fieldsIn(fields, 1);
  const [denied, ok, error] = [fieldsIn(fields, 2), fieldsIn(fields, 3), fieldsIn(fields, 5)];
  if (status === null || denied === null || ok === null || error === null) return FAILED;
  // google.rpc.Status.code; absent = 0, OK.
  if ((lastField(status, 1)?.value ?? 0) === 0) return readAllowed(ok);
  if (lastField(fields, 5) !== undefined) return FAILED;
  return readDenied(denied);
}

/** DeniedHttpResponse. */
function readDenied(fields: readonly ProtobufField[]): CheckAnswer {
  const status = lastField(fieldsIn(fields, 1) ?? [], 1)?.value ?? 0;
  return {
    kind: 'denied',
    status: status >= 200 && status <= 599 ? status : 403,
    headers: readEdits(fields, 2, 'set'),
    body: lastField(fields, 3)?.bytes.latin1Slice() ?? '',
  };
}

/** OkHttpResponse. */
function readAllowed(fields: readonly ProtobufField[]): CheckAnswer {
  return {
    kind: 'allowed',
    edits: {
      ...NO_EDITS,
      request: readEdits(fields, 2, 'set'),
      removed: textsIn(fields, 5).map((name) => name.toLowerCase()),
      response: readEdits(fields, 6, 'add'),
      queryToSet: messagesIn(fields, 7).map((pair) => [textIn(pair, 1), textIn(pair, 2)] as const),
      queryToRemove: textsIn(fields, 8),
    },
  };
}

/** HeaderValueOption.HeaderAppendAction. */
const MODES: readonly EditMode[] = ['add', 'add-if-absent', 'set', 'set-if-present'];

/** @param fallback what an option means that says nothing: for requests authorizers are used to replacing */
function readEdits(fields: readonly ProtobufField[], number: number, fallback: EditMode): HeaderEdit[] {
  return messagesIn(fields, number).flatMap((option) => {
    const header = fieldsIn(option, 1);
    if (header === null) return [];
    const name = textIn(header, 1).toLowerCase();
    const raw = lastField(header, 3)?.bytes ?? NO_BYTES;
    const value = raw.length > 0 ? raw.latin1Slice() : textIn(header, 2);
    return [{ name, value, mode: modeOf(option, fallback) }];
  });
}

function modeOf(option: readonly ProtobufField[], fallback: EditMode): EditMode {
  const append = fieldsIn(option, 2);
  // A BoolValue that is there, the deprecated way.
  if (lastField(option, 2) !== undefined && append !== null)
    return (lastField(append, 1)?.value ?? 0) === 0 ? 'set' : 'join';
  const action = lastField(option, 3)?.value ?? 0;
  return action === 0 ? fallback : (MODES[action] ?? 'set');
}

const NO_BYTES = Buffer.alloc(0);

/** The fields of an embedded message; none where it is absent, null where it cannot be read. */
function fieldsIn(fields: readonly ProtobufField[], number: number): readonly ProtobufField[] | null {
  const field = lastField(fields, number);
  return field === undefined ? [] : readFields(field.bytes);
}

function messagesIn(fields: readonly ProtobufField[], number: number): (readonly ProtobufField[])[] {
  return fields.filter((field) => field.number === number).flatMap(({ bytes }) => [readFields(bytes) ?? []]);
}

function textsIn(fields: readonly ProtobufField[], number: number): string[] {
  return fields.filter((field) => field.number === number).map(({ bytes }) => bytes.latin1Slice());
}

function textIn(fields: readonly ProtobufField[], number: number): string {
  return lastField(fields, number)?.bytes.latin1Slice() ?? '';
}
