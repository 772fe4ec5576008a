import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folderOf } from '../testing/run-lateen.ts';
import { freeBytesOf, readContainerProxy } from './host-facts.ts';

test('a proxy that the Docker client gives to containers is read from its configuration', (context) => {
  const config = (text: string) =>
    readContainerProxy({ DOCKER_CONFIG: folderOf(context, { 'config.json': text }) });
  const proxies = { default: { httpsProxy: 'http://proxy:3128', noProxy: 'localhost' } };
  assert.deepEqual(config(JSON.stringify({ proxies })), {
    address: 'http://proxy:3128',
    except: 'localhost',
  });
  assert.equal(config('{}'), null);
  assert.equal(config('{ "proxies": {'), null);
  assert.equal(readContainerProxy({ DOCKER_CONFIG: '/nonexistent' }), null);
});

test('a folder of another machine has no free bytes to tell of', async (context) => {
  assert.equal(await freeBytesOf('/nonexistent/docker'), null);
  assert.ok(((await freeBytesOf(folderOf(context, {}))) ?? 0) > 0);
});
