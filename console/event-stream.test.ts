import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventParser } from './event-stream.ts';

const STREAM =
  ': hello\n\nevent: changed\ndata: {"topics":["traffic"]}\n\nevent: changed\r\ndata: a\r\ndata: b\r\n\r\n';
const EVENTS = [
  { event: 'changed', data: '{"topics":["traffic"]}' },
  { event: 'changed', data: 'a\nb' },
];

test('events are the same however their bytes are cut', () => {
  for (let size = 1; size <= STREAM.length; size++) {
    const parse = createEventParser();
    const events = [];
    for (let at = 0; at < STREAM.length; at += size) events.push(...parse(STREAM.slice(at, at + size)));
    assert.deepEqual(events, EVENTS, `chunks of ${size}`);
  }
});
