import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { lastField, ProtobufWriter, readFields } from '../../../base/protobuf.ts';
import type { RequestHead } from '../../codec/head.ts';
import { NO_EDITS } from './answer.ts';
import { type CheckedRequest, decodeCheck, encodeCheck } from './grpc-check.ts';

const CLIENT = 'spiffe://cluster.local/ns/default/sa/client';
const OWN = 'spiffe://cluster.local/ns/default/sa/shop';
const PEER = { remoteAddress: '10.0.0.7', remotePort: 4711, localAddress: '10.0.0.9', localPort: 8080 };

const HEAD: RequestHead = {
  ...{ method: 'POST', path: '/a?b=c', authority: 'shop', version: 'HTTP/2', contentLength: 5 },
  headers: ['X-User', 'ann', 'x-user', 'ben', 'x-name', Buffer.from('J\u00fcrgen').latin1Slice()],
  ...{ upgrade: '', expectContinue: false },
};

const REQUEST: CheckedRequest = {
  ...{ head: HEAD, scheme: 'https', startedAtMs: 1_500, id: 'id-1', body: null, packsBytes: false },
};

/** What stands at the end of these field numbers, as text. */
function at(message: Buffer, ...numbers: number[]): string | number | undefined {
  let bytes = message;
  for (const number of numbers.slice(0, -1)) {
    const field = lastField(readFields(bytes) ?? [], number);
    if (field === undefined) return undefined;
    bytes = field.bytes;
  }
  const field = lastField(readFields(bytes) ?? [], numbers.at(-1) ?? 0);
  return field === undefined ? undefined : field.bytes.length > 0 ? field.bytes.toString() : field.value;
}

function headersIn(message: Buffer): Record<string, string> {
  let fields = readFields(message);
  for (const number of [1, 4, 2])
    fields = readFields(lastField(fields ?? [], number)?.bytes ?? Buffer.alloc(0));
  const entries = (fields ?? []).filter(({ number }) => number === 3);
  return Object.fromEntries(entries.map(({ bytes }) => [String(at(bytes, 1)), String(at(bytes, 2))]));
}

describe('a question over gRPC', () => {
  test('says who calls whom, and what', () => {
    const message = encodeCheck({ ...PEER, identity: CLIENT }, OWN, REQUEST);
    const seen = (...numbers: number[]) => at(message, 1, ...numbers);
    assert.deepEqual([seen(1, 1, 1, 2), seen(1, 1, 1, 3), seen(1, 4)], ['10.0.0.7', 4711, CLIENT]);
    assert.deepEqual([seen(2, 1, 1, 2), seen(2, 1, 1, 3), seen(2, 4)], ['10.0.0.9', 8080, OWN]);
    assert.deepEqual([seen(4, 1, 1), seen(4, 1, 2)], [1, 500_000_000]);
    const http = [1, 2, 4, 5, 6, 9, 10].map((number) => seen(4, 2, number));
    assert.deepEqual(http, ['id-1', 'POST', '/a?b=c', 'shop', 'https', 5, 'HTTP/2']);
    assert.deepEqual(headersIn(message), {
      ...{ ':authority': 'shop', ':method': 'POST', ':path': '/a?b=c', ':scheme': 'https' },
      ...{ 'x-user': 'ann,ben', 'x-name': 'J\u00fcrgen', 'content-length': '5' },
    });
  });

  test('names nobody whose name was not proved, and no request where there is none', () => {
    const message = encodeCheck({ ...PEER, identity: '' }, OWN, null);
    assert.deepEqual(
      [at(message, 1, 1, 4), at(message, 1, 2, 4), at(message, 1, 4)],
      [...[undefined, undefined, undefined]],
    );
  });

  test('shows the body as text or as bytes, and says whether it is cut off', () => {
    const body = { bytes: Buffer.from([0x61, 0xff]), isPartial: true };
    const asText = encodeCheck({ ...PEER, identity: '' }, '', { ...REQUEST, body });
    assert.equal(at(asText, 1, 4, 2, 11), 'a!');
    assert.equal(headersIn(asText)['x-envoy-auth-partial-body'], 'true');
    const asBytes = encodeCheck({ ...PEER, identity: '' }, '', { ...REQUEST, body, packsBytes: true });
    assert.equal(at(asBytes, 1, 4, 2, 11), undefined);
    assert.equal(at(asBytes, 1, 4, 2, 12), body.bytes.toString());
  });

  test('is readable though a header is no UTF-8', () => {
    const head = { ...HEAD, headers: ['x-odd', '\xe9a'] };
    assert.equal(headersIn(encodeCheck({ ...PEER, identity: '' }, '', { ...REQUEST, head }))['x-odd'], '!a');
  });
});

const header = (name: string, value: string, more: (option: ProtobufWriter) => void = () => {}) => {
  const option = new ProtobufWriter().message(1, (pair) => pair.string(1, name).string(2, value));
  more(option);
  return option.finish();
};

describe('an answer over gRPC', () => {
  test('lets pass, with what it makes of the request', () => {
    const message = new ProtobufWriter()
      .message(3, (ok) =>
        ok
          .bytes(2, header('X-Role', 'cook'))
          .bytes(
            2,
            header('x-old', '1', (option) => option.message(2, (append) => append.bool(1, true))),
          )
          .bytes(
            2,
            header('x-new', '1', (option) => option.message(2, () => {})),
          )
          .bytes(
            2,
            header('x-first', '1', (option) => option.integer(3, 1)),
          )
          .bytes(
            2,
            header('x-there', '1', (option) => option.integer(3, 3)),
          )
          .string(5, 'X-Secret')
          .bytes(6, header('x-seen', 'yes'))
          .message(7, (pair) => pair.string(1, 'a').string(2, 'b'))
          .string(8, 'c'),
      )
      .finish();
    assert.deepEqual(decodeCheck(message), {
      kind: 'allowed',
      edits: {
        request: [
          { name: 'x-role', value: 'cook', mode: 'set' },
          { name: 'x-old', value: '1', mode: 'join' },
          { name: 'x-new', value: '1', mode: 'set' },
          { name: 'x-first', value: '1', mode: 'add-if-absent' },
          { name: 'x-there', value: '1', mode: 'set-if-present' },
        ],
        removed: ['x-secret'],
        ...{ queryToSet: [['a', 'b']], queryToRemove: ['c'] },
        response: [{ name: 'x-seen', value: 'yes', mode: 'add' }],
      },
    });
  });

  test('that says nothing lets pass', () => {
    assert.deepEqual(decodeCheck(Buffer.alloc(0)), { kind: 'allowed', edits: NO_EDITS });
  });

  test('refuses, by default with 403', () => {
    const refusal = new ProtobufWriter().message(1, (status) => status.integer(1, 7));
    assert.deepEqual(decodeCheck(refusal.finish()), { kind: 'denied', status: 403, body: '', headers: [] });
    refusal.message(2, (denied) =>
      denied
        .message(1, (status) => status.integer(1, 302))
        .bytes(2, header('location', '/login'))
        .string(3, 'go away'),
    );
    assert.deepEqual(decodeCheck(refusal.finish()), {
      ...{ kind: 'denied', status: 302, body: 'go away' },
      headers: [{ name: 'location', value: '/login', mode: 'set' }],
    });
  });

  test('refuses with 403 where its status is none of an answer', () => {
    const refusal = new ProtobufWriter()
      .message(1, (status) => status.integer(1, 16))
      .message(2, (denied) => denied.message(1, (status) => status.integer(1, 101)));
    assert.equal((decodeCheck(refusal.finish()) as { status: number }).status, 403);
  });

  test('about an error of its own is none', () => {
    const failed = new ProtobufWriter().message(1, (status) => status.integer(1, 13)).message(5, () => {});
    assert.deepEqual(decodeCheck(failed.finish()), { kind: 'failed' });
  });

  test('of any bytes is one of the three, and never an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        assert.match(decodeCheck(Buffer.from(bytes)).kind, /^(allowed|denied|failed)$/);
      }),
      { numRuns: 2000 },
    );
  });
});
