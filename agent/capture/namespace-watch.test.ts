import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countInterfaces, watchNamespace } from './namespace-watch.ts';

const HEAD = 'Inter-|   Receive\n face |bytes\n';

test('interfaces other than loopback are counted', () => {
  assert.equal(countInterfaces(`${HEAD}    lo: 1\n  eth0: 2\n eth1: 3\n`), 2);
  assert.equal(countInterfaces(`${HEAD}    lo: 1\n`), 0);
});

/** How many seconds it lasts until the agent ends; null = not within a minute. */
function secondsUntilDead(
  timers: { tick(ms: number): void },
  count: (second: number) => number,
  isOfUse: (second: number) => boolean,
): number | null {
  let second = 0;
  let dead: number | null = null;
  watchNamespace({
    count: () => count(second),
    isOfUse: () => isOfUse(second),
    onDead() {
      dead = second;
    },
  });
  for (; second < 60 && dead === null; timers.tick(1000)) second += 1;
  return dead;
}

test('an agent ends a second after its namespace has died, and only then', ({ mock }) => {
  mock.timers.enable({ apis: ['setInterval'] });
  const until = (second: number) => (now: number) => (now < second ? 1 : 0);
  const always = () => true;
  assert.equal(secondsUntilDead(mock.timers, until(10), always), 10);
  assert.equal(
    secondsUntilDead(mock.timers, until(10), () => false),
    10,
  );
  assert.equal(
    secondsUntilDead(
      mock.timers,
      () => 1,
      () => false,
    ),
    null,
  );
});

test('an agent that came too late ends where no controller gives it anything, and stays where one does', ({
  mock,
}) => {
  mock.timers.enable({ apis: ['setInterval'] });
  const none = () => 0;
  assert.equal(
    secondsUntilDead(mock.timers, none, () => false),
    5,
  );
  assert.equal(
    secondsUntilDead(mock.timers, none, (now) => now >= 3),
    null,
  );
  assert.equal(
    secondsUntilDead(
      mock.timers,
      (now) => (now > 2 && now < 9 ? 1 : 0),
      () => false,
    ),
    9,
  );
});
