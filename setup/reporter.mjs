// A quiet reporter for node:test: failures in full, skipped tests by name, counts into a file.
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { inspect } from 'node:util';

/** What Node itself says at the end of each file. */
const USUAL = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /;

export default async function* report(events) {
  const counts = { passed: 0, failed: 0 };
  for await (const { type, data } of events) {
    if (type === 'test:pass' || type === 'test:fail') {
      if (isToldByItsTests(type, data.details)) continue;
      const file = data.file ? relative(process.cwd(), data.file) : '';
      const isFailure = type === 'test:fail';
      counts[isFailure ? 'failed' : 'passed'] += 1;
      if (data.skip !== undefined || data.todo !== undefined)
        yield `  SKIPPED ${file} › ${data.name}: ${data.skip || data.todo}\n`;
      if (isFailure) yield `  ✘ ${file} › ${data.name}\n${indent(describe(data.details.error))}\n`;
      else if (process.env.LATEEN_TEST_VERBOSE === '1')
        yield `  ✔ ${data.name} (${Math.round(data.details.duration_ms)} ms)\n`;
    }
    if (type === 'test:stderr' || type === 'test:stdout') yield data.message;
    if (type === 'test:diagnostic' && !USUAL.test(data.message)) yield `  ${data.message}\n`;
  }
  if (process.env.LATEEN_TEST_COUNTS) writeFileSync(process.env.LATEEN_TEST_COUNTS, JSON.stringify(counts));
}

/** A suite counts only where it failed by itself, as in a hook. */
const isToldByItsTests = (type, details) =>
  details?.type === 'suite' && (type === 'test:pass' || details.error?.failureType === 'subtestsFailed');

const describe = (error) => {
  const cause = error?.cause ?? error;
  return cause?.stack ?? inspect(cause);
};

const indent = (text) => String(text).replace(/^/gm, '    ');
