import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { AuthorizationSpec } from '../../model/authorization.ts';
import type { NodeSpec } from '../../model/node.ts';
import { sendRequest } from '../exchange/memory-codec.ts';
import { openProxy } from '../exchange/pipeline.fixture.ts';
import { nodeSpec, routeSpec } from '../snapshot.fixture.ts';

/** Ways round a policy on a path: what is judged must be what the application gets. */

const DENY_ADMIN: AuthorizationSpec = {
  ...{ name: 'default/no-admin', action: 'DENY', isDryRun: false, provider: null },
  rules: [
    {
      ...{ from: [], when: [] },
      to: [[{ attribute: 'request.path', key: [], values: ['/admin*'], notValues: [] }]],
    },
  ],
};

type Level = NodeSpec['pathNormalization'];

/** The status, and the path that reached the application. */
function ask(path: string, pathNormalization: Level): [number | undefined, string | undefined] {
  const { pipeline, seen } = openProxy([routeSpec(['north'])], {
    ...{ direction: 'inbound', node: nodeSpec({ pathNormalization }) },
    policies: { authorization: [DENY_ADMIN] },
  });
  const { response } = sendRequest(pipeline, { path }).downstream;
  return [response?.status, seen[0]?.head.path];
}

/** From the level on that is named, the trick does not work; below it, it reaches the application as it is. */
const TRICKS: readonly (readonly [string, Level])[] = [
  ['/admin', 'NONE'],
  ['/admin?a=b', 'NONE'],
  ['/admin#x', 'NONE'],
  ['/admin;x=1', 'NONE'],
  ['/a/../admin', 'BASE'],
  ['/a/%2e%2e/admin', 'BASE'],
  ['/a/.%2E/admin', 'BASE'],
  ['/./admin', 'BASE'],
  ['/%2e/admin', 'BASE'],
  ['/../../admin', 'BASE'],
  ['/a\\..\\admin', 'BASE'],
  ['/a/..;/admin', 'BASE'],
  ['/a/..;x=1/admin', 'BASE'],
  ['/%61dmin', 'BASE'],
  ['/a/../%61%64min', 'BASE'],
  ['//admin', 'MERGE_SLASHES'],
  ['/a/..//admin', 'MERGE_SLASHES'],
  ['/.//admin', 'MERGE_SLASHES'],
  ['/%2fadmin', 'DECODE_AND_MERGE_SLASHES'],
  ['/a/..%2fadmin', 'DECODE_AND_MERGE_SLASHES'],
  ['/a%2f..%2Fadmin', 'DECODE_AND_MERGE_SLASHES'],
  ['/a/..%5cadmin', 'DECODE_AND_MERGE_SLASHES'],
];

const LEVELS: readonly Level[] = ['NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'];

describe('a denied path cannot be reached as', () => {
  for (const [path, from] of TRICKS) {
    test(`${path} from ${from} on`, () => {
      for (const level of LEVELS) {
        const [status] = ask(path, level);
        const isStopped = LEVELS.indexOf(level) >= LEVELS.indexOf(from);
        assert.equal(status, isStopped ? 403 : 200, level);
      }
    });
  }

  test('/admin%00, which is no path from BASE on', () => {
    assert.deepEqual(ask('/admin%00', 'BASE'), [400, undefined]);
  });
});

test('however a path is written, no application that reads it once more finds the denied one', () => {
  const part = fc.constantFrom(
    ...[
      'admin',
      'a',
      '.',
      '..',
      '%2e',
      '%2E.',
      '/',
      '//',
      '%2f',
      '%2F',
      '\\',
      '%5c',
      ';',
      '..;',
      '%61dmin',
      '%25',
    ],
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const [status, path] = ask(`/${parts.join('')}`, 'DECODE_AND_MERGE_SLASHES');
      if (status === 200) assert.doesNotMatch(readAsApplication(path ?? ''), /^\/admin/);
    }),
    { numRuns: 3000 },
  );
});

/** Decoded once, then resolved, as servers do it that are no better than they must be. */
function readAsApplication(path: string): string {
  const decoded = path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const kept: string[] = [];
  for (const segment of decoded.replaceAll('\\', '/').split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}`;
}
