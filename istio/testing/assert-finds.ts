import assert from 'node:assert/strict';
import { read } from './read-text.ts';

/** Tests of whole documents as people wrote them in 2018. */

/** `code path: message | remedy`, of all that was found. */
function found(text: string): string[] {
  return read(text).violations.map(
    ({ code, path, message, remedy }) => `${code} ${path}: ${message} | ${remedy}`,
  );
}

export function assertFinds(text: string, ...patterns: RegExp[]): void {
  const lines = found(text);
  for (const pattern of patterns)
    assert.ok(
      lines.some((line) => pattern.test(line)),
      `${pattern} is not in\n${lines.join('\n')}`,
    );
  assert.equal(read(text).resources.length, 0, 'it must not be in force');
}

/** Faults and warnings but that about v1alpha3, which all slides have. */
export const beyondVersion = (text: string) =>
  read(text).violations.filter(({ path }) => path !== 'apiVersion');

export const head = (kind: string, apiVersion = 'networking.istio.io/v1alpha3') => `apiVersion: ${apiVersion}
kind: ${kind}
metadata:
  name: myapp
`;
