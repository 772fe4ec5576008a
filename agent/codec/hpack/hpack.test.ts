import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSeededRandom } from '../../../base/random.ts';
import { Output } from '../h2/output.ts';
import { ProtocolError } from '../protocol-error.ts';
import { HpackDecoder } from './decoder.ts';
import { HpackEncoder } from './encoder.ts';

const LIMITS = { maxListBytes: 60 * 1024, maxFields: 100 };
const newDecoder = () => new HpackDecoder(LIMITS);
const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const decode = (decoder: HpackDecoder, bytes: Buffer) => decoder.decode(bytes, 0, bytes.length);

function encode(encoder: HpackEncoder, fields: readonly string[]): Buffer {
  const output = new Output();
  encoder.startBlock(output);
  for (let i = 0; i < fields.length; i += 2)
    encoder.field(output, fields[i] as string, fields[i + 1] as string);
  return Buffer.from(output.take());
}

const FIRST = [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'www.example.com'];
const THIRD = [
  ...[':method', 'GET', ':scheme', 'https', ':path', '/index.html', ':authority', 'www.example.com'],
  ...['custom-key', 'custom-value'],
];
const DATE = 'Mon, 21 Oct 2013 20:13:21 GMT';
const ANSWER = [
  ...[':status', '302', 'cache-control', 'private', 'date', DATE, 'location', 'https://www.example.com'],
];
const LAST = [
  ...[':status', '200', 'cache-control', 'private', 'date', 'Mon, 21 Oct 2013 20:13:22 GMT'],
  ...['location', 'https://www.example.com', 'content-encoding', 'gzip'],
  ...['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'],
];

describe('HPACK, the examples of RFC 7541 appendix C', () => {
  test('three requests without Huffman coding (C.3)', () => {
    const decoder = newDecoder();
    assert.deepEqual(decode(decoder, hex('828684410f7777772e6578616d706c652e636f6d')), FIRST);
    assert.deepEqual(decode(decoder, hex('828684be58086e6f2d6361636865')), [
      ...FIRST,
      ...['cache-control', 'no-cache'],
    ]);
    const third = hex('828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565');
    assert.deepEqual(decode(decoder, third), THIRD);
  });

  test('three requests with Huffman coding (C.4)', () => {
    const decoder = newDecoder();
    assert.deepEqual(decode(decoder, hex('828684418cf1e3c2e5f23a6ba0ab90f4ff')), FIRST);
    assert.deepEqual(decode(decoder, hex('828684be5886a8eb10649cbf')), [
      ...FIRST,
      ...['cache-control', 'no-cache'],
    ]);
    const third = hex('828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf');
    assert.deepEqual(decode(decoder, third), THIRD);
  });

  test('answers with Huffman coding and eviction by a table of 256 bytes (C.6)', () => {
    const decoder = newDecoder();
    const first = `3fe101 488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff
      6e919d29ad171863c78f0b97c8e9ae82ae43d3`;
    assert.deepEqual(decode(decoder, hex(first)), ANSWER);
    assert.deepEqual(decode(decoder, hex('4883640effc1c0bf')), [':status', '307', ...ANSWER.slice(2)]);
    const third = `88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab
      77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007`;
    assert.deepEqual(decode(decoder, hex(third)), LAST);
  });
});

describe('HPACK decoding', () => {
  const refused: [string, string][] = [
    ['index 0', '80'],
    ['an index beyond both tables', 'be'],
    ['a literal name of an index that is not there', '7f00 0161'],
    ['an integer that is cut off', '7f'],
    ['an integer that never ends', '7fffffffffffffff7f'],
    ['a string that is cut off', '400561'],
    ['a string without its length', '40'],
    ['a table above the limit', '3fe21f'],
    ['a change of the table behind a field', '8220'],
    ['three changes of the table', '202020'],
    ['Huffman padding of eight bits', '4082 1fff 00'],
    ['Huffman padding with zeros', '4081 00 00'],
    ['the end of string within a Huffman string', '4084 ffffffff 00'],
  ];
  for (const [title, bytes] of refused) {
    test(`${title} is an error of the connection`, () => {
      assert.throws(() => decode(newDecoder(), hex(bytes)), {
        name: 'ProtocolError',
        code: 'h2_compression',
      });
    });
  }

  for (const [title, name, value] of [
    ['a capital in a name', 'Accept', 'x'],
    ['an empty name', '', 'x'],
    ['a blank in a name', 'a b', 'x'],
    ['a line break in a value', 'a', 'x\r\nb: c'],
    ['a NUL in a value', 'a', 'x\0'],
    ['a blank before a value', 'a', ' x'],
    ['a blank behind a value', 'a', 'x\t'],
  ] as const) {
    test(`${title} makes the message malformed, and keeps the table in step`, () => {
      const decoder = newDecoder();
      const literal = Buffer.concat([
        Buffer.from([0x40, name.length]),
        Buffer.from(name, 'latin1'),
        Buffer.from([value.length]),
        Buffer.from(value, 'latin1'),
      ]);
      decode(decoder, literal);
      assert.equal(decoder.isMalformed, true);
      decode(decoder, hex('82'));
      assert.equal(decoder.isMalformed, false);
      assert.deepEqual(decode(decoder, hex('be')), [name, value]);
      assert.equal(decoder.isMalformed, true);
    });
  }

  test('a block that names a large entry many times over keeps no more than the limit', () => {
    const decoder = newDecoder();
    const value = Buffer.alloc(4000, 'x');
    const entry = Buffer.concat([hex('4001617fa11e'), value]);
    assert.deepEqual(decode(decoder, entry), ['a', value.toString()]);
    const fields = decode(decoder, Buffer.alloc(16_000, 0xbe));
    assert.equal(decoder.isTooLarge, true);
    assert.equal(fields.length, 2 * 15);
    decode(decoder, hex('be'));
    assert.equal(decoder.isTooLarge, false);
  });

  test('more than 100 fields are too many', () => {
    const decoder = newDecoder();
    assert.equal(decode(decoder, Buffer.alloc(100, 0x82)).length, 200);
    assert.equal(decoder.isTooLarge, false);
    assert.equal(decode(decoder, Buffer.alloc(101, 0x82)).length, 200);
    assert.equal(decoder.isTooLarge, true);
  });
});

describe('HPACK encoding', () => {
  test('a field is indexed the second time, and one byte from then on', () => {
    const encoder = new HpackEncoder();
    const sizes = [1, 2, 3].map(() => encode(encoder, ['x-request-source', 'checkout']).length);
    assert.deepEqual(sizes, [27, 27, 1]);
  });

  test('secrets are never indexed', () => {
    const encoder = new HpackEncoder();
    for (const _ of [1, 2, 3]) {
      const [first] = encode(encoder, ['authorization', 'Bearer abcdefghijklmnopqrstuvwxyz']);
      assert.equal((first as number) & 0xf0, 0x10);
    }
    const [first] = encode(encoder, ['cookie', 'id=1']);
    assert.equal((first as number) & 0xf0, 0x10);
  });

  test('a smaller table of the peer is announced, with the smallest size in between', () => {
    const encoder = new HpackEncoder();
    const decoder = newDecoder();
    for (const _ of [1, 2]) decode(decoder, encode(encoder, ['a', 'b']));
    encoder.setMaxTableBytes(0);
    encoder.setMaxTableBytes(1000);
    const block = encode(encoder, ['a', 'b']);
    assert.equal(block.subarray(0, 4).toString('hex'), '203fc907');
    assert.deepEqual(decode(decoder, block), ['a', 'b']);
    encoder.setMaxTableBytes(0);
    for (const _ of [1, 2, 3]) assert.deepEqual(decode(decoder, encode(encoder, ['a', 'b'])), ['a', 'b']);
  });

  test('whatever is encoded is decoded again, over thousands of blocks that fill and drain the table', () => {
    const random = createSeededRandom(7);
    const encoder = new HpackEncoder();
    const decoder = newDecoder();
    const pick = (count: number) => Math.floor(random() * count);
    const names = Array.from({ length: 600 }, (_, i) => (i < 30 ? `name-${i}` : `rare-${i}`));
    for (let round = 0; round < 3000; round++) {
      if (pick(50) === 0) encoder.setMaxTableBytes(pick(5000));
      const fields: string[] = [':method', 'GET', ':path', `/${pick(5)}`];
      for (let count = pick(12); count > 0; count--) {
        const name = names[pick(10) === 0 ? pick(600) : pick(30)] as string;
        fields.push(name, 'v'.repeat(pick(5) === 0 ? pick(3000) : pick(4)));
      }
      assert.deepEqual(decode(decoder, encode(encoder, fields)), fields);
      assert.equal(decoder.isMalformed, false);
    }
  });

  test('any bytes give fields or a ProtocolError', () => {
    const random = createSeededRandom(11);
    for (let round = 0; round < 5000; round++) {
      const decoder = newDecoder();
      const bytes = Buffer.from(Array.from({ length: Math.floor(random() * 60) }, () => random() * 256));
      try {
        decode(decoder, bytes);
      } catch (error) {
        assert.ok(error instanceof ProtocolError, `${bytes.toString('hex')}: ${error}`);
      }
    }
  });
});
