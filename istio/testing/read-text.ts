import { stringify } from 'yaml';
import { findKind } from '../kinds.ts';
import { type ParsedFile, parseDocuments } from '../parse-documents.ts';
import type { Resource } from '../resource.ts';

/** Tests read documents as users write them: as text. */

const FILE = 'mesh/test.yaml';

export function read(text: string, file = FILE): ParsedFile {
  return parseDocuments(text, file);
}

/** A document of a kind around a spec, as YAML. */
export function documentOf(kind: string, spec: unknown, metadata: object = { name: 'test' }): string {
  const known = findKind(kind);
  const apiVersion = known?.apiVersions[0] ?? 'v1';
  const content = known?.isFlat === true ? (spec as object) : { spec };
  // As YAML 1.1, which quotes such words as y and on.
  return stringify({ apiVersion, kind, metadata, ...content }, { version: '1.1' });
}

/** `Error spec.http[0].timeout: the duration …`, one line for each fault; the warning about inert kinds left out. */
export function faultsOf(kind: string, spec: unknown, metadata?: object): string[] {
  return read(documentOf(kind, spec, metadata))
    .violations.filter(({ code }) => code !== 'LAT0005')
    .map(({ severity, path, message }) => `${severity} ${path}: ${message}`);
}

/** Valid resources of a text; throws where there is a fault, so that a test does not pass by accident. */
export function resourcesOf(text: string): readonly Resource[] {
  const { resources, violations } = read(text);
  const errors = violations.filter(({ severity }) => severity === 'Error');
  if (errors.length > 0) throw new Error(errors.map(({ message, path }) => `${path}: ${message}`).join('\n'));
  return resources;
}
