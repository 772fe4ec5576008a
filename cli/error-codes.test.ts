import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CliError, formatFailure } from './cli-error.ts';
import { ERROR_CODES } from './error-codes.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

test('every code of an error is used, and is in docs/errors.md', () => {
  const sources = ['cli', 'testcontainers']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(folder, file),
      ),
    )
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.endsWith('error-codes.ts'))
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n');
  const page = readFileSync(join(root, 'docs', 'errors.md'), 'utf8');
  for (const code of Object.keys(ERROR_CODES)) {
    assert.ok(sources.includes(code), `${code} is told nowhere`);
    assert.ok(page.includes(`## ${code}\n`), `${code} is not in docs/errors.md`);
  }
});

test('a failure is told with its code and remedy, one that nobody expected with a code too', () => {
  assert.equal(
    formatFailure(new CliError('LAT1003', 'no controller is running', 'Start it.')),
    'Error [LAT1003]: no controller is running\nRemedy: Start it.\n',
  );
  assert.equal(formatFailure(new TypeError('x is y')), 'Error [LAT1999]: x is y\n');
});
