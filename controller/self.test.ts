import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../base/clock.ts';
import { LateenError } from '../base/errors.ts';
import { createLineLogger } from '../base/log.ts';
import type { DockerReader } from './docker/docker-reader.ts';
import { inspectSelf, waitForSelf } from './self.ts';

/** A daemon that answers every question so. */
const daemon = (error: unknown) =>
  ({ inspectContainer: () => Promise.reject(error) }) as unknown as DockerReader;

const failureOf = async (error: unknown) =>
  inspectSelf(daemon(error), '').then(
    () => assert.fail('it is known'),
    (failure: unknown) =>
      failure instanceof LateenError ? [failure.code, failure.remedy] : assert.fail(String(failure)),
  );

test('an engine that is too old, or refuses, is told so by the controller, and not that it runs elsewhere', async () => {
  const tooNew = Object.assign(new Error('client version 1.41 is too new'), { statusCode: 400 });
  const [code, remedy] = await failureOf(tooNew);
  assert.equal(code, 'DAEMON_REFUSES');
  assert.match(remedy ?? '', /Docker 20\.10 \(API 1\.41\)/);
  const [hidden] = await failureOf(Object.assign(new Error('forbidden'), { statusCode: 403 }));
  assert.equal(hidden, 'DAEMON_REFUSES');
});

test('a daemon that is away, and one of another machine, have remedies of their own', async () => {
  assert.equal((await failureOf(new Error('connect ENOENT')))[0], 'DAEMON_AWAY');
  const other = Object.assign(new Error('no such container'), { statusCode: 404 });
  assert.equal((await failureOf(other))[0], 'SELF_UNKNOWN');
});

test('an engine that is too old is told once, and the mesh is tried all the same', async () => {
  const lines: string[] = [];
  const info = { Id: 'c', Image: 'i', Name: '/controller', Config: { Labels: {} }, Mounts: [] };
  const toldOf = async (apiVersion: string) => {
    const docker = {
      inspectContainer: async () => info,
      readEngine: async () => ({ version: '19.03.1', apiVersion, isPodman: false }),
    } as unknown as DockerReader;
    const log = createLineLogger((line) => lines.push(line), createManualClock().wall);
    await waitForSelf(docker, { meshId: 'shop', isTest: false }, log);
    return lines.splice(0).join();
  };
  assert.match(await toldOf('1.40'), /the Docker engine 19\.03\.1 is too old \(its API is 1\.40\)/);
  assert.equal(await toldOf('1.41'), '');
});
