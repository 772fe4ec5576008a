import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { EventHub } from './event-hub.ts';

class FakePage extends EventEmitter {
  writableLength = 0;
  text = '';
  isDestroyed = false;

  writeHead(): void {}

  write(text: string): void {
    this.text += text;
  }

  destroy(): void {
    this.isDestroyed = true;
    this.emit('close');
  }

  get events(): string[][] {
    return [...this.text.matchAll(/data: (.*)\n/g)].map(
      ([, data = '']) => (JSON.parse(data) as { topics: string[] }).topics,
    );
  }
}

function start(context: TestContext) {
  context.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const hub = new EventHub();
  const join = () => {
    const page = new FakePage();
    return { page, isTaken: hub.add(page as unknown as ServerResponse, {}) };
  };
  return { hub, join, pass: (ms: number) => context.mock.timers.tick(ms) };
}

test('the first change is told at once, and what follows together, once a second', (context) => {
  const { hub, join, pass } = start(context);
  const { page } = join();
  hub.changed('traffic');
  assert.deepEqual(page.events, [['traffic']]);
  hub.changed('traffic');
  hub.changed('config', 'status');
  assert.equal(page.events.length, 1);
  pass(1000);
  assert.deepEqual(page.events[1], ['traffic', 'config', 'status']);
  pass(1000);
  pass(1000);
  assert.equal(page.events.length, 2, 'nothing has changed since');
  hub.changed('traces');
  assert.deepEqual(page.events[2], ['traces']);
});

test('a comment every fifteen seconds keeps the way open', (context) => {
  const { join, pass } = start(context);
  const { page } = join();
  pass(15_000);
  assert.ok(page.text.endsWith(':\n\n'));
});

test('a page that takes nothing is dropped, and the others are told', (context) => {
  const { hub, join } = start(context);
  const [slow, quick] = [join().page, join().page];
  slow.writableLength = 100_000;
  hub.changed('config');
  assert.deepEqual([slow.isDestroyed, quick.events.length, hub.size], [true, 1, 1]);
});

test('so many pages may look, and no more', (context) => {
  const { hub, join } = start(context);
  const pages = Array.from({ length: 64 }, join);
  assert.ok(pages.every(({ isTaken }) => isTaken));
  assert.equal(join().isTaken, false);
  pages[0]?.page.emit('close');
  assert.equal(join().isTaken, true);
  hub.close();
  assert.equal(hub.size, 0);
});
