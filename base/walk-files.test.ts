import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Entry, walkFiles } from './walk-files.ts';

const file = (name: string): Entry => ({ name, folder: null, isLink: false });
const folder = (name: string, id = name): Entry => ({ name, folder: id, isLink: false });
const link = (name: string, id: string): Entry => ({ name, folder: id, isLink: true });
const walk = (tree: Readonly<Record<string, readonly Entry[]>>) =>
  walkFiles('root', async (path) => tree[path] ?? []);

test('files are found in every folder, and behind links to folders', async () => {
  const tree = {
    '': [file('b.yaml'), folder('team'), link('current', 'release-2')],
    team: [file('a.yaml')],
    current: [file('c.yaml')],
  };
  assert.deepEqual(await walk(tree), ['b.yaml', 'current/c.yaml', 'team/a.yaml']);
});

test('links in a circle end, and each file is found once, by its own name', async () => {
  const tree = {
    '': [link('a', 'z'), link('here', 'root'), folder('z'), file('b.yaml')],
    z: [link('up', 'root'), link('self', 'z'), link('other', 'outside'), file('x.yaml')],
    'z/other': [link('back', 'z'), link('self', 'outside'), file('y.yaml')],
  };
  assert.deepEqual(await walk(tree), ['b.yaml', 'z/other/y.yaml', 'z/x.yaml']);
});
