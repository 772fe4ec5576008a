// A quiet reporter for node:test: a line per file, failures in full, skipped tests by name, counts into a file.
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { inspect } from 'node:util';

export default async function* report(events) {
  const counts = { passed: 0, failed: 0 };
  const perFile = new Map();
  for await (const { type, data } of events) {
    if (type === 'test:pass' || type === 'test:fail') {
      if (data.details?.type === 'suite') continue;
      const file = data.file ? relative(process.cwd(), data.file) : '';
      const isFailure = type === 'test:fail';
      counts[isFailure ? 'failed' : 'passed'] += 1;
      perFile.set(file, (perFile.get(file) ?? 0) + 1);
      if (data.skip !== undefined || data.todo !== undefined) {
        yield `  SKIPPED ${file} › ${data.name}: ${data.skip || data.todo}\n`;
      }
      if (isFailure) yield `  ✘ ${file} › ${data.name}\n${indent(describe(data.details.error))}\n`;
      else if (process.env.LATEEN_TEST_VERBOSE === '1')
        yield `  ✔ ${data.name} (${Math.round(data.details.duration_ms)} ms)\n`;
    }
    if (type === 'test:stderr' || type === 'test:stdout') yield data.message;
    if (type === 'test:diagnostic' && data.nesting > 0) yield `  ${data.message}\n`;
  }
  for (const [file, count] of perFile) if (perFile.size < 12) yield `  ${file}: ${count} tests\n`;
  if (process.env.LATEEN_TEST_COUNTS) writeFileSync(process.env.LATEEN_TEST_COUNTS, JSON.stringify(counts));
  yield `  ${counts.passed} passed, ${counts.failed} failed\n`;
}

const describe = (error) => {
  const cause = error?.cause ?? error;
  return cause?.stack ?? inspect(cause);
};

const indent = (text) => String(text).replace(/^/gm, '    ');
