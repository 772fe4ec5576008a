import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lastField, ProtobufWriter, readFields } from './protobuf.ts';
import { createSeededRandom } from './random.ts';

describe('a message', () => {
  // The bytes of 150, "testing" and -2 are those of the encoding's own documentation.
  test('is written as the format says', () => {
    const hex = (write: (writer: ProtobufWriter) => void) => {
      const writer = new ProtobufWriter();
      write(writer);
      return writer.finish().toString('hex');
    };
    assert.equal(
      hex((writer) => writer.integer(1, 150)),
      '089601',
    );
    assert.equal(
      hex((writer) => writer.string(2, 'testing')),
      '120774657374696e67',
    );
    assert.equal(
      hex((writer) => writer.integer(1, -2)),
      '08feffffffffffffffff01',
    );
    assert.equal(
      hex((writer) => writer.integer(1, 2 ** 40)),
      '08808080808020',
    );
    assert.equal(
      hex((writer) => writer.bool(200, true)),
      'c00c01',
    );
    assert.equal(
      hex((writer) => writer.double(6, 1.5)),
      '31000000000000f83f',
    );
    assert.equal(
      hex((writer) => writer.message(3, (inner) => inner.integer(1, 150))),
      '1a03089601',
    );
    assert.equal(
      hex((writer) => writer.entry(4, 'a', 'ü')),
      '22070a01611202c3bc',
    );
  });

  test('is read as it was written', () => {
    const written = new ProtobufWriter()
      .integer(1, Number.MAX_SAFE_INTEGER)
      .integer(2, -5)
      .string(3, 'a')
      .string(3, 'b')
      .double(4, -0.25)
      .finish();
    const fields = readFields(written) ?? assert.fail();
    assert.deepEqual(
      fields.map(({ number, value, bytes }) => [number, value, number === 4 ? '' : bytes.toString()]),
      [
        [1, Number.MAX_SAFE_INTEGER, ''],
        [2, -5, ''],
        [3, 0, 'a'],
        [3, 0, 'b'],
        [4, -0.25, ''],
      ],
    );
    assert.equal(lastField(fields, 3)?.bytes.toString(), 'b');
    assert.equal(lastField(fields, 9), undefined);
  });

  test('that is cut off is none, but for a cut between two fields', () => {
    const written = new ProtobufWriter().integer(1, 300).string(2, 'abc').finish();
    const read = [...written.keys()].map((length) => readFields(written.subarray(0, length)) !== null);
    assert.deepEqual(read, [true, false, false, true, false, false, false, false]);
  });

  test('of any bytes never throws', () => {
    const random = createSeededRandom(7);
    for (let round = 0; round < 5000; round++) {
      const bytes = Buffer.from(
        Array.from({ length: Math.floor(random() * 24) }, () => Math.floor(random() * 256)),
      );
      readFields(bytes);
    }
  });
});
