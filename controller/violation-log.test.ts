import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Logger } from '../base/log.ts';
import type { Violation } from '../istio/violation.ts';
import { ViolationLog } from './violation-log.ts';

function start() {
  const lines: string[] = [];
  const at = (level: string) => (message: string) => lines.push(`${level} ${message}`);
  const logger: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const log = new ViolationLog(logger);
  return { log, take: () => lines.splice(0) };
}

const violation = (severity: Violation['severity'], message: string): Violation => ({
  code: 'IST0106',
  severity,
  message,
  remedy: 'Mend it.',
  resource: 'VirtualService default/a',
  file: 'mesh/a.yaml',
  line: 3,
  column: 1,
  path: 'spec.hosts',
});

test('each fault is told once, at its own level, with place and remedy', () => {
  const { log, take } = start();
  log.update([violation('Error', 'bad'), violation('Warning', 'odd'), violation('Info', 'note')]);
  assert.deepEqual(take(), [
    'error Error [IST0106] (VirtualService default/a mesh/a.yaml:3) spec.hosts: bad. Remedy: Mend it.',
    'warn Warning [IST0106] (VirtualService default/a mesh/a.yaml:3) spec.hosts: odd. Remedy: Mend it.',
    'info Info [IST0106] (VirtualService default/a mesh/a.yaml:3) spec.hosts: note. Remedy: Mend it.',
  ]);
  log.update([violation('Error', 'bad'), violation('Warning', 'odd'), violation('Info', 'note')]);
  assert.deepEqual(take(), [], 'a World that is built again tells nothing again');
});

test('what is healed is told, and told again when it comes back', () => {
  const { log, take } = start();
  log.update([violation('Error', 'bad')]);
  take();
  log.update([]);
  assert.match(take()[0] ?? '', /^info healed: Error \[IST0106\].*bad/);
  assert.deepEqual(log.violations, []);
  log.update([violation('Error', 'bad')]);
  assert.match(take()[0] ?? '', /^error /);
});

test('the same fault twice in one World is one', () => {
  const { log, take } = start();
  log.update([violation('Error', 'bad'), violation('Error', 'bad')]);
  assert.equal(take().length, 1);
  assert.equal(log.violations.length, 1);
});
