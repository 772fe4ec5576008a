import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draftState, edited, freeName, nameProblem, rebased, reconciled, saved } from './draft.ts';

const file = (text: string) => ({ file: 'a.yaml', text, hash: `hash of ${text}` });
const stateOf = (drafts: ReturnType<typeof edited>, onDisk?: ReturnType<typeof file>) =>
  draftState(drafts['a.yaml'], onDisk);

test('a text that is typed is a draft until it is as the file again', () => {
  const drafts = edited({}, 'a.yaml', 'one two', file('one'));
  assert.equal(stateOf(drafts, file('one')), 'edited');
  assert.deepEqual(edited(drafts, 'a.yaml', 'one', file('one')), {});
});

test('a file that changed on the disk leaves the draft as it is, and says so', () => {
  const drafts = edited({}, 'a.yaml', 'mine', file('one'));
  assert.equal(reconciled(drafts, [file('theirs')]), drafts);
  assert.equal(stateOf(drafts, file('theirs')), 'overtaken');
  const more = edited(drafts, 'a.yaml', 'mine too', file('theirs'));
  assert.equal(stateOf(more, file('theirs')), 'overtaken', 'typing on does not hide it');
  assert.equal(stateOf(rebased(more, 'a.yaml', file('theirs')), file('theirs')), 'edited');
});

test('a file that is removed, or made by somebody else, leaves the draft too', () => {
  const drafts = edited({}, 'a.yaml', 'mine', file('one'));
  assert.equal(stateOf(reconciled(drafts, [])), 'orphaned');
  assert.equal(stateOf(rebased(drafts, 'a.yaml', undefined)), 'new');
  const fresh = edited({}, 'a.yaml', 'mine', undefined);
  assert.equal(stateOf(fresh), 'new');
  assert.equal(stateOf(fresh, file('theirs')), 'overtaken');
});

test('a saved draft is shown until the file is read anew, whatever is in it then', () => {
  const drafts = saved(edited({}, 'a.yaml', 'mine', file('one')), 'a.yaml', 'mine', file('one').hash);
  assert.equal(stateOf(drafts, file('one')), 'none');
  assert.equal(reconciled(drafts, [file('one')]), drafts);
  assert.deepEqual(reconciled(drafts, [file('mine')]), {});
  assert.deepEqual(reconciled(drafts, [file('theirs, a moment later')]), {});
  const typedOn = edited(drafts, 'a.yaml', 'mine!', file('mine'));
  assert.equal(stateOf(typedOn, file('mine')), 'edited');
});

test('the same text from elsewhere ends a draft', () => {
  assert.deepEqual(reconciled(edited({}, 'a.yaml', 'same', file('one')), [file('same')]), {});
});

test('a new file has a name that the directory is read for, and that is free', () => {
  assert.equal(nameProblem('routes/a b.yaml', []), '');
  for (const bad of [
    '',
    'a',
    'a.txt',
    '/a.yaml',
    '../a.yaml',
    '.a.yaml',
    'a//b.yaml',
    'a\n.yaml',
    'taken.yaml',
  ])
    assert.notEqual(nameProblem(bad, ['taken.yaml']), '', bad);
  assert.equal(freeName('a.yaml', ['a.yaml', 'a-2.yaml']), 'a-3.yaml');
});
