import assert from 'node:assert/strict';
import { it } from 'node:test';
import { faultsOf } from './read-text.ts';

/** Title, spec, and a pattern for each fault that it has: no more and no fewer. */
export type FaultCase = readonly [title: string, spec: unknown, ...patterns: RegExp[]];

/** One test for each case; patterns match `Error spec.hosts[0]: message`, in any order. */
export function testFaults(kind: string, cases: readonly FaultCase[], metadata?: object): void {
  for (const [title, spec, ...patterns] of cases) {
    it(title, () => {
      const faults = faultsOf(kind, spec, metadata);
      const text = faults.join('\n');
      for (const pattern of patterns)
        assert.ok(
          faults.some((fault) => pattern.test(fault)),
          `${pattern} is not in\n${text}`,
        );
      const others = faults.filter((fault) => !patterns.some((pattern) => pattern.test(fault)));
      assert.deepEqual(others, [], 'found beside what was expected');
    });
  }
}
