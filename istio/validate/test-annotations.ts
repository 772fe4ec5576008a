import { closestWord } from '../../base/closest-word.ts';
import type { Metadata } from '../metadata.ts';
import type { VirtualServiceSpec } from '../schema/virtual-service.ts';
import {
  parseExactWeights,
  parseFaultAt,
  parseRequestRanges,
  TEST_ANNOTATION,
  TEST_PREFIX,
} from '../test-annotations.ts';
import type { Finding } from './finding.ts';

const KNOWN = Object.values(TEST_ANNOTATION);

/**
 * The annotations for tests: nowhere but in a test mesh, where they must be right.
 * @param isTestMesh they may have an effect
 */
export function validateTestAnnotations(
  kind: string,
  { annotations }: Metadata,
  spec: unknown,
  isTestMesh: boolean,
): Finding[] {
  const names = Object.keys(annotations).filter((name) => name.startsWith(TEST_PREFIX));
  return names.flatMap((name) => {
    if (!isTestMesh) return [outsideOfTests(name)];
    if (kind !== 'VirtualService' || !KNOWN.some((known) => known === name)) return [misplaced(name, kind)];
    const fault = checkValue(name, annotations[name] ?? '');
    return fault === null ? checkEffect(name, annotations, spec as VirtualServiceSpec) : [fault];
  });
}

const pathOf = (name: string) => ['metadata', 'annotations', name];

function outsideOfTests(name: string): Finding {
  return {
    ...{ code: 'LAT0008', severity: 'Error', path: pathOf(name) },
    message: `${name} is for tests: this is no test mesh`,
    remedy:
      'Keep it in a file that only tests apply; for a mesh of tests set LATEEN_TEST_MESH=1 (lateen/testcontainers does), and check its files by `lateen analyze --allow-test-annotations`.',
  };
}

function misplaced(name: string, kind: string): Finding {
  const near = closestWord(name, KNOWN);
  const isKnown = KNOWN.some((known) => known === name);
  return {
    ...{ code: isKnown ? 'IST0107' : 'IST0108', severity: 'Error', path: pathOf(name) },
    message: isKnown ? `${name} has no effect on a ${kind}` : `Unknown annotation: ${name}`,
    remedy: isKnown
      ? 'Write it on a VirtualService.'
      : near === null
        ? `Known: ${KNOWN.join(', ')}.`
        : `Did you mean "${near}"?`,
  };
}

function checkValue(name: string, text: string): Finding | null {
  const fault = (remedy: string): Finding => ({
    ...{ code: 'IST0106', severity: 'Error', path: pathOf(name), remedy },
    message: `invalid value ${JSON.stringify(text)}`,
  });
  if (name === TEST_ANNOTATION.weights)
    return parseExactWeights(text) === null ? fault('Write "exact", or a seed such as "seed=42".') : null;
  if (name === TEST_ANNOTATION.failRequests)
    return parseRequestRanges(text) === null
      ? fault('Write which, from 1 on, such as "1,2" or "1-3,7".')
      : null;
  return parseFaultAt(text) === undefined
    ? fault('Write "caller", "callee", or "callee, version=v2" for its containers with that label.')
    : null;
}

function checkEffect(
  name: string,
  annotations: Metadata['annotations'],
  spec: VirtualServiceSpec,
): Finding[] {
  const rules = spec.http ?? [];
  const needs =
    name === TEST_ANNOTATION.weights
      ? rules.some(({ route = [] }) => route.length > 1)
      : name === TEST_ANNOTATION.faultAt
        ? annotations[TEST_ANNOTATION.failRequests] !== undefined ||
          rules.some(({ fault }) => fault !== undefined)
        : rules.some(({ route = [], fault }) => route.length > 0 || fault !== undefined);
  if (needs) return [];
  const remedy =
    name === TEST_ANNOTATION.weights
      ? 'It is about HTTP rules with several destinations.'
      : name === TEST_ANNOTATION.faultAt
        ? `Write a fault into a rule of http, or ${TEST_ANNOTATION.failRequests} beside it.`
        : 'It is about HTTP rules that lead somewhere.';
  const message = `${name} has no effect here`;
  return [{ code: 'LAT0005', severity: 'Warning', path: pathOf(name), message, remedy }];
}
