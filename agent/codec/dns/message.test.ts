import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type DnsAnswer,
  type DnsQuestion,
  RCODE,
  readQuestion,
  readReply,
  TYPE,
  writeAnswer,
} from './message.ts';

interface QueryParts {
  readonly flags?: number;
  readonly counts?: readonly [number, number, number, number];
  readonly name?: Buffer;
  readonly type?: number;
  readonly class?: number;
  readonly rest?: Buffer;
}

const labels = (...parts: string[]) =>
  Buffer.concat([
    ...parts.map((part) => Buffer.from(`${String.fromCharCode(part.length)}${part}`, 'latin1')),
    Buffer.alloc(1),
  ]);

function query({
  flags = 0x0100,
  counts = [1, 0, 0, 0],
  name = labels('a', 'b'),
  ...parts
}: QueryParts = {}): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xbeef, 0);
  head.writeUInt16BE(flags, 2);
  for (const [index, count] of counts.entries()) head.writeUInt16BE(count, 4 + index * 2);
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(parts.type ?? TYPE.A, 0);
  tail.writeUInt16BE(parts.class ?? 1, 2);
  return Buffer.concat([head, name, tail, parts.rest ?? Buffer.alloc(0)]);
}

/** OPT of RFC 6891 with a payload size of 1232. */
const OPT = Buffer.from([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);

describe('a question', () => {
  test('is read: id, name in lower case, type, recursion, and where it ends', () => {
    assert.deepEqual(readQuestion(query({ name: labels('Reviews', 'DEFAULT'), type: TYPE.AAAA })), {
      ...{ id: 0xbeef, name: 'reviews.default', type: TYPE.AAAA, isRecursionDesired: true, end: 33 },
    });
    assert.equal(readQuestion(query({ flags: 0 }))?.isRecursionDesired, false);
    assert.equal(readQuestion(query({ name: labels() }))?.name, '');
  });

  test('may be followed by EDNS', () => {
    assert.equal(readQuestion(query({ counts: [1, 0, 0, 1], rest: OPT }))?.name, 'a.b');
  });

  test('is none while a byte is missing', () => {
    const whole = query();
    for (let end = 0; end < whole.length; end++)
      assert.equal(readQuestion(whole.subarray(0, end)), null, String(end));
  });

  const OTHERS: readonly (readonly [title: string, message: Buffer])[] = [
    ['an answer', query({ flags: 0x8100 })],
    ['another opcode', query({ flags: 0x2800 })],
    ['no question', query({ counts: [0, 0, 0, 0] })],
    [
      'two questions',
      query({ counts: [2, 0, 0, 0], rest: Buffer.concat([labels('c'), Buffer.from([0, 1, 0, 1])]) }),
    ],
    ['another class', query({ class: 3 })],
    ['a name that points to itself', query({ name: Buffer.from([0xc0, 0x0c]) })],
    ['a name that points into the head', query({ name: Buffer.from([1, 0x61, 0xc0, 0x00]) })],
    ['two pointers at each other', query({ name: Buffer.from([0xc0, 0x0e, 0xc0, 0x0c]) })],
    ['a label of a reserved kind', query({ name: Buffer.from([0x40, 0x61, 0]) })],
    ['a label beyond 63 bytes', query({ name: Buffer.concat([Buffer.alloc(65, 64), Buffer.alloc(1)]) })],
    ['a name beyond 255 bytes', query({ name: labels(...Array<string>(128).fill('a')) })],
    ['a label with a dot in it', query({ name: labels('a.b') })],
    ['a label that goes beyond the message', query({ name: Buffer.from([60, 0x61]) })],
  ];
  for (const [title, message] of OTHERS)
    test(`is not ${title}`, () => assert.equal(readQuestion(message), null));

  test('has a name of 255 bytes at most', () => {
    const longest = readQuestion(query({ name: labels(...Array<string>(127).fill('a')) }));
    assert.equal(longest?.name.length, 253);
  });
});

/** Addresses out of an answer, as written by us: pointer, type, class, ttl, length, data. */
function readAnswer(message: Buffer, end: number) {
  const records: { type: number; ttl: number; data: string }[] = [];
  for (let at = end; at < message.length; ) {
    assert.equal(message.readUInt16BE(at), 0xc00c);
    assert.equal(message.readUInt16BE(at + 4), 1);
    const length = message.readUInt16BE(at + 10);
    const data = message.subarray(at + 12, at + 12 + length).toString('hex');
    records.push({ type: message.readUInt16BE(at + 2), ttl: message.readUInt32BE(at + 6), data });
    at += 12 + length;
  }
  return records;
}

describe('an answer', () => {
  const answer = (change: Partial<DnsAnswer> = {}, of = query(), maxBytes = 512) => {
    const question = readQuestion(of) as DnsQuestion;
    const given = { rcode: RCODE.noError, addresses: ['10.0.0.1'], ttlSeconds: 5, ...change };
    const message = writeAnswer(of, question, given, maxBytes);
    return { message, question, records: readAnswer(message, question.end) };
  };

  test('repeats id and question, says that it is authoritative, and holds the records', () => {
    const { message, question, records } = answer({ addresses: ['10.0.0.1', '192.168.2.254'] });
    assert.equal(message.readUInt16BE(0), 0xbeef);
    assert.equal(message.readUInt16BE(2), 0x8580);
    assert.deepEqual(
      [4, 6, 8, 10].map((at) => message.readUInt16BE(at)),
      [1, 2, 0, 0],
    );
    assert.deepEqual(message.subarray(12, question.end), query().subarray(12));
    assert.deepEqual(records, [
      { type: TYPE.A, ttl: 5, data: '0a000001' },
      { type: TYPE.A, ttl: 5, data: 'c0a802fe' },
    ]);
  });

  test('leaves out what came behind the question', () => {
    const { message, question } = answer({ addresses: [] }, query({ counts: [1, 0, 0, 1], rest: OPT }));
    assert.equal(message.length, question.end);
    assert.equal(message.readUInt16BE(10), 0);
  });

  test('keeps the case of the question (RFC 4343, and resolvers that mix it on purpose)', () => {
    const { message } = answer({}, query({ name: labels('ReViEwS') }));
    assert.ok(message.includes('ReViEwS'));
  });

  for (const [address, data] of [
    ['::', '0'.repeat(32)],
    ['::1', `${'0'.repeat(31)}1`],
    ['2001:db8::8:800:200c:417a', '20010db80000000000080800200c417a'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['fe80::', `fe80${'0'.repeat(28)}`],
    ['::ffff:10.1.2.3', '00000000000000000000ffff0a010203'],
  ] as const) {
    test(`holds ${address}`, () => {
      assert.deepEqual(answer({ addresses: [address] }).records, [{ type: TYPE.AAAA, ttl: 5, data }]);
    });
  }

  test('that does not fit is empty and says so', () => {
    const addresses = Array.from({ length: 40 }, (_, index) => `10.0.0.${index}`);
    const { message, records } = answer({ addresses });
    assert.equal(message.readUInt16BE(2), 0x8780);
    assert.deepEqual([records.length, message.readUInt16BE(6)], [0, 0]);
    assert.equal(answer({ addresses }, query(), 65535).records.length, 40);
  });

  test('has the code that it is given', () => {
    assert.equal(answer({ rcode: RCODE.serverFailure, addresses: [] }).message.readUInt16BE(2), 0x8582);
  });
});

describe('a reply of a name server', () => {
  test('tells its code and the number of its answers', () => {
    assert.deepEqual(readReply(query({ flags: 0x8183, counts: [1, 0, 1, 0] })), { rcode: 3, answers: 0 });
    assert.deepEqual(readReply(query({ flags: 0x8180, counts: [1, 2, 0, 0] })), { rcode: 0, answers: 2 });
  });

  test('is none if it is a question, or too short', () => {
    assert.equal(readReply(query()), null);
    assert.equal(readReply(query({ flags: 0x8180 }).subarray(0, 11)), null);
  });
});

test('any bytes are a question or none, and an answer to a question can be read back', () => {
  const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  const damaged = fc
    .tuple(fc.array(fc.string({ minLength: 1, maxLength: 12 }), { maxLength: 5 }), fc.nat(60), fc.nat(255))
    .map(([parts, at, byte]) => {
      const message = query({
        name: labels(...parts.map((part) => Buffer.from(part).subarray(0, 12).latin1Slice())),
      });
      if (at < message.length) message[at] = byte;
      return message;
    });
  fc.assert(
    fc.property(fc.oneof(noise, damaged), (message) => {
      readReply(message);
      const question = readQuestion(message);
      if (question === null) return;
      const own = writeAnswer(
        message,
        question,
        { rcode: 0, addresses: ['10.0.0.1', '::1'], ttlSeconds: 1 },
        512,
      );
      assert.equal(readAnswer(own, question.end).length, 2);
      assert.equal(readQuestion(own), null);
      assert.equal(own.readUInt16BE(0), message.readUInt16BE(0));
    }),
    { seed: 3, numRuns: 5000 },
  );
});
