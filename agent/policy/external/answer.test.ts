import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RequestHead } from '../../codec/head.ts';
import { applyEdits, applyHeaderEdits, type CheckEdits, type HeaderEdit, NO_EDITS } from './answer.ts';

const edit = (mode: HeaderEdit['mode'], name = 'x-a', value = '2'): HeaderEdit => ({ name, value, mode });

describe('a header of an authorizer', () => {
  const cases: readonly (readonly [HeaderEdit['mode'], string[], string[]])[] = [
    ['set', ['x-a', '2'], ['x-a', '2']],
    ['add', ['x-a', '1', 'x-a', '2'], ['x-a', '2']],
    ['add-if-absent', ['x-a', '1'], ['x-a', '2']],
    ['set-if-present', ['x-a', '2'], []],
    ['join', ['x-a', '1,2'], []],
  ];
  for (const [mode, ifPresent, ifAbsent] of cases) {
    test(`is taken as ${mode}`, () => {
      for (const [given, expected] of [
        [['x-a', '1'], ifPresent],
        [[], ifAbsent],
      ] as const) {
        const headers = [...given];
        applyHeaderEdits([edit(mode)], headers);
        assert.deepEqual(headers, expected);
      }
    });
  }

  test('never says where a message ends, and brings no other header with it', () => {
    const headers = ['x-a', '1'];
    const bad = [
      ...[edit('set', 'content-length', '7'), edit('set', 'transfer-encoding', 'chunked')],
      ...[edit('set', 'connection', 'close'), edit('add', 'x-b', 'a\r\nx-c: d'), edit('add', 'x b')],
    ];
    applyHeaderEdits(bad, headers);
    assert.deepEqual(headers, ['x-a', '1']);
  });
});

describe('a request that may pass', () => {
  function edited(edits: Partial<CheckEdits>, path = '/a?b=1&c=2') {
    const request = { path, authority: 'shop', headers: ['x-a', '1', 'x-b', '1'] } as unknown as RequestHead;
    applyEdits({ ...NO_EDITS, ...edits }, request);
    const { authority, headers } = request;
    return { path: request.path, authority, headers };
  }

  test('loses the headers that the authorizer names, but no host', () => {
    assert.deepEqual(edited({ removed: ['x-a', 'host'] }).headers, ['x-b', '1']);
  });

  test('gets and loses query parameters', () => {
    assert.equal(edited({ queryToSet: [['b', '9']] }).path, '/a?c=2&b=9');
    assert.equal(edited({ queryToRemove: ['b', 'c'] }).path, '/a');
    assert.equal(edited({ queryToSet: [['d', 'x y#z']] }, '/a').path, '/a?d=x%20y%23z');
  });

  test('goes where the authorizer sends it', () => {
    const { path, authority } = edited({ request: [edit('set', ':path', '/b'), edit('set', 'host', 'inn')] });
    assert.deepEqual([path, authority], ['/b', 'inn']);
    assert.equal(edited({ request: [edit('set', ':path', '/b c')] }).path, '/a?b=1&c=2');
  });
});
