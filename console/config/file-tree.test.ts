import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigFileView, ViolationView } from '../../model/console.ts';
import { edited } from './draft.ts';
import { foldersOf } from './file-tree.ts';

const file = (name: string, ...severities: ViolationView['severity'][]): ConfigFileView => ({
  ...{ file: name, text: '', hash: 'h', isInForce: true, whyReadOnly: '', documents: [] },
  violations: severities.map((severity) => ({
    ...{ code: 'X', severity, message: '', remedy: '', resource: '' },
    ...{ file: name, line: 1, column: 1, path: '' },
  })),
});

test('files stand by folder with what is wrong in them, drafts of new ones too', () => {
  const files = [file('b.yaml', 'Error', 'Warning', 'Error'), file('routes/a.yaml'), file('a.yaml')];
  const drafts = edited(edited({}, 'routes/new.yaml', 'x', undefined), 'a.yaml', 'y', files[2]);
  const folders = foldersOf(files, drafts);
  assert.deepEqual(
    folders.map(({ name }) => name),
    ['', 'routes'],
  );
  assert.deepEqual(
    folders
      .flatMap((folder) => folder.files)
      .map((entry) => [entry.name, entry.errors, entry.warnings, entry.isUnsaved, entry.isNew]),
    [
      ['a.yaml', 0, 0, true, false],
      ['b.yaml', 2, 1, false, false],
      ['a.yaml', 0, 0, false, false],
      ['new.yaml', 0, 0, true, true],
    ],
  );
});
