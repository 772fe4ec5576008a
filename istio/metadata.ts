import { z } from 'zod';
import type { Labels } from '../model/labels.ts';
import { DEFAULT_NAMESPACE } from '../model/names.ts';
import { checkSchema } from './schema-violations.ts';
import type { Finding } from './validate/finding.ts';

/** `metadata` of a document, checked: what identifies a resource, and what others select it by. */
export interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  /** RFC 3339 in UTC, so that text order is the order of time; '' = not given. */
  readonly creationTimestamp: string;
}

export interface ReadMetadata {
  /** null = it has errors, or the document has no name. */
  readonly metadata: Metadata | null;
  readonly findings: readonly Finding[];
}

const texts = z.record(z.string(), z.string()).nullable().optional();

/** meta/v1 ObjectMeta: what `kubectl get -o yaml` prints is accepted; only the fields of `Metadata` count. */
const objectMeta = z.strictObject({
  name: z.string().optional(),
  namespace: z.string().nullable().optional(),
  labels: texts,
  annotations: texts,
  creationTimestamp: z.string().nullable().optional(),
  generateName: z.unknown().optional(),
  generation: z.unknown().optional(),
  uid: z.unknown().optional(),
  resourceVersion: z.unknown().optional(),
  selfLink: z.unknown().optional(),
  managedFields: z.unknown().optional(),
  ownerReferences: z.unknown().optional(),
  finalizers: z.unknown().optional(),
  deletionTimestamp: z.unknown().optional(),
  deletionGracePeriodSeconds: z.unknown().optional(),
});

/** Names of Kubernetes objects (RFC 1123 subdomain). */
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const PATH = ['metadata'] as const;

/** @param defaultName the name of a document that may leave it out, '' = it must have one */
export function readMetadata(value: unknown, defaultName: string): ReadMetadata {
  const given = value ?? {};
  const findings: Finding[] = checkSchema(objectMeta, given, PATH).map((fault) => ({
    code: 'IST0106',
    severity: 'Error',
    ...fault,
  }));
  const parsed = objectMeta.safeParse(given);
  if (!parsed.success) return { metadata: null, findings };
  const report = (severity: Finding['severity'], field: string, message: string, remedy: string) =>
    findings.push({ code: 'LAT0002', severity, path: [...PATH, field], message, remedy });
  const { labels, annotations, creationTimestamp } = parsed.data;
  const name = parsed.data.name ?? defaultName;
  const namespace = parsed.data.namespace ?? DEFAULT_NAMESPACE;
  if (name === '')
    report('Warning', 'name', 'metadata.name is missing: the document is ignored', 'Give it a name.');
  else if (!NAME.test(name))
    report('Error', 'name', `invalid name ${JSON.stringify(name)}`, nameRemedy(name));
  if (!NAMESPACE.test(namespace))
    report('Error', 'namespace', `invalid namespace ${JSON.stringify(namespace)}`, nameRemedy(namespace));
  const created = creationTimestamp ?? '';
  const timeMs = created === '' ? 0 : Date.parse(created);
  if (Number.isNaN(timeMs))
    report(
      'Error',
      'creationTimestamp',
      `${JSON.stringify(created)} is no time`,
      'E.g. 2026-01-31T12:00:00Z.',
    );
  if (findings.length > 0) return { metadata: null, findings };
  const time = created === '' ? '' : new Date(timeMs).toISOString();
  return {
    metadata: {
      name,
      namespace,
      labels: labels ?? {},
      annotations: annotations ?? {},
      creationTimestamp: time,
    },
    findings,
  };
}

function nameRemedy(name: string): string {
  const better = name.toLowerCase().replaceAll(/[_ ]+/g, '-');
  const rule = 'Lower-case letters, digits and "-" are allowed.';
  return better !== name && NAME.test(better) ? `${rule} How about "${better}"?` : rule;
}
