import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { oneAtATime } from './one-at-a-time.ts';

const unique = () => `lateen-lock-${process.pid}-${Math.random().toString(36).slice(2)}`;

test('what is done one at a time never overlaps, also where it fails, and who waits is told once', async () => {
  const name = unique();
  const log: string[] = [];
  let waits = 0;
  const task = (id: number) =>
    oneAtATime(
      name,
      async () => {
        log.push(`begin ${id}`);
        await new Promise((resolve) => setTimeout(resolve, 120));
        log.push(`end ${id}`);
        if (id === 1) throw new Error('broken');
      },
      () => {
        waits += 1;
      },
    ).catch(() => {});
  await Promise.all([task(1), task(2), task(3)]);
  const numbers = log.map((line) => line.split(' ')[1]);
  assert.deepEqual(
    numbers.filter((_, index) => index % 2 === 0),
    numbers.filter((_, index) => index % 2 === 1),
  );
  assert.deepEqual([log.length, waits], [6, 2]);
  assert.equal(existsSync(join(tmpdir(), `${name}.lock`)), false);
});

test('a process that was killed holds up nobody', async () => {
  const name = unique();
  const script = `import { oneAtATime } from '${import.meta.dirname}/one-at-a-time.ts';
await oneAtATime('${name}', () => { console.log('held'); return new Promise(() => setInterval(() => {}, 1000)); });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('close', resolve));
  assert.equal(await oneAtATime(name, async () => 'mine'), 'mine');
});
