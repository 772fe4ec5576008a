import assert from 'node:assert/strict';
import { constants } from 'node:http2';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { block, data, describeFrames, frame, GET, HELLO, headers, POST } from '../codec/h2/frames.fixture.ts';
import { FLAG, FRAME } from '../codec/h2/protocol.ts';
import { recordServer } from '../codec/h2/recorder.fixture.ts';
import { listenerSpec, nodeSpec, routeSpec, snapshotOf } from '../snapshot.fixture.ts';
import { start } from './http2.fixture.ts';
import { SlowHeads } from './slow-heads.ts';

const LIMIT_MS = 1000;

function open() {
  const clock = createManualClock();
  const server = recordServer();
  let ends = 0;
  const slow = new SlowHeads(...([server.session, clock, () => LIMIT_MS] as const), () => {
    ends += 1;
  });
  const read = (bytes: Buffer, waitMs = LIMIT_MS / 4) => {
    server.push(bytes, clock.now());
    slow.onRead();
    clock.advance(waitMs);
    return ends;
  };
  read(HELLO);
  return read;
}

describe('a caller by HTTP/2 whose heads are slow, where a limit is set,', () => {
  test('is ended for a frame that trickles in', () => {
    const read = open();
    const bytes = headers(1, GET, FLAG.endStream);
    const ends = Array.from({ length: 5 }, (_, index) => read(bytes.subarray(index, index + 1)));
    assert.deepEqual(ends, [0, 0, 0, 1, 1]);
  });

  test('is ended for a head that is not finished, however many parts of it come', () => {
    const read = open();
    const parts = [frame(FRAME.headers, 0, 1, block(GET)), ...Array(4).fill(frame(FRAME.continuation, 0, 1))];
    assert.deepEqual(
      parts.map((part) => read(part)),
      [0, 0, 0, 1, 1],
    );
  });

  test('is not for slow bodies, nor for frames that are cut and go on', () => {
    const read = open();
    const one = data(1, 'x');
    read(Buffer.concat([headers(1, POST), one.subarray(0, 5)]));
    const cut = Buffer.concat([one.subarray(5), one.subarray(0, 5)]);
    for (let i = 0; i < 20; i++) assert.equal(read(cut, LIMIT_MS - 1), 0);
    assert.equal(read(Buffer.concat([one.subarray(5), data(1, 'xyz').subarray(0, 10)]), 10 * LIMIT_MS), 0);
  });

  test('hears GOAWAY', async () => {
    const { port } = await start(
      snapshotOf({
        node: nodeSpec({ requestHeadersTimeoutMs: 50 }),
        listeners: [listenerSpec()],
        routes: [routeSpec(['reviews'])],
      }),
    );
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.write(Buffer.concat([HELLO, headers(1, GET).subarray(0, 20)]));
    await new Promise((resolve) => socket.on('close', resolve));
    const said = describeFrames(Buffer.concat(chunks));
    assert.equal(said.at(-1), `GOAWAY last=0 code=${constants.NGHTTP2_ENHANCE_YOUR_CALM}`);
  });
});
