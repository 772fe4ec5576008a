import { canonicalJson } from '../base/canonical-json.ts';
import { closestWord } from '../base/closest-word.ts';
import { DEFAULT_NAMESPACE } from '../model/names.ts';
import { contentHash } from './content-hash.ts';
import type { FieldPath } from './field-path.ts';
import { formatFieldPath } from './field-path.ts';
import { ENVOY_KINDS, findKind, KIND_NAMES, type Kind, SUCCESSORS } from './kinds.ts';
import type { Resource } from './resource.ts';
import { checkSchema } from './schema-violations.ts';
import { validateSpec } from './validate/spec.ts';
import type { Violation } from './violation.ts';
import type { YamlDocument } from './yaml-document.ts';

export interface ReadDocument {
  /** null = it has errors, or is of no kind that this mesh knows. */
  readonly resource: Resource | null;
  readonly violations: readonly Violation[];
}

function kindRemedy(kind: string, apiVersion: string): string {
  const successor = SUCCESSORS.get(kind);
  if (successor !== undefined) return `It was replaced by ${successor}.`;
  const near = closestWord(kind, KIND_NAMES);
  if (near !== null) return `Did you mean "${near}"?`;
  if (!apiVersion.includes('istio.io'))
    return 'It belongs to Kubernetes: describe containers in the compose file.';
  return `Known kinds: ${KIND_NAMES.join(', ')}.`;
}

/** Names of Kubernetes objects (RFC 1123 subdomain). */
const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** One document → one checked resource. Every fault is collected. */
export function readDocument(document: YamlDocument, file: string, index: number): ReadDocument {
  const reader = new Reader(document, file);
  if (document.faults.length > 0) {
    for (const fault of document.faults)
      reader.report('LAT0001', 'Error', [], fault.message, fault.remedy, fault);
    return { resource: null, violations: reader.violations };
  }
  const { value } = document;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    reader.report(
      'LAT0002',
      'Error',
      [],
      'a document must be a mapping with apiVersion, kind, metadata and spec',
      '',
    );
    return { resource: null, violations: reader.violations };
  }
  const fields = value as Record<string, unknown>;
  const kind = reader.readKind(fields);
  if (kind === null) return { resource: null, violations: reader.violations };
  const resource = reader.readResource(fields, kind, index);
  return { resource, violations: reader.violations };
}

class Reader {
  readonly violations: Violation[] = [];
  readonly #document: YamlDocument;
  readonly #file: string;
  #label = '';
  #hasErrors = false;

  constructor(document: YamlDocument, file: string) {
    this.#document = document;
    this.#file = file;
  }

  report(
    code: string,
    severity: Violation['severity'],
    path: FieldPath,
    message: string,
    remedy: string,
    place = this.#placeOf(path),
  ): void {
    if (severity === 'Error') this.#hasErrors = true;
    this.violations.push({
      code,
      severity,
      message,
      remedy,
      resource: this.#label,
      file: this.#file,
      line: place.line,
      column: place.column,
      path: formatFieldPath(path),
    });
  }

  /** The field's own place, or that of the nearest field around it. */
  #placeOf(path: FieldPath): { line: number; column: number } {
    for (let length = path.length; length > 0; length--) {
      const place = this.#document.places.get(formatFieldPath(path.slice(0, length)));
      if (place !== undefined) return place;
    }
    return { line: this.#document.line, column: 1 };
  }

  readKind(fields: Record<string, unknown>): Kind | null {
    const { kind, apiVersion } = fields;
    if (typeof kind !== 'string' || typeof apiVersion !== 'string') {
      const missing = typeof kind === 'string' ? 'apiVersion' : 'kind';
      this.report(
        'LAT0002',
        'Error',
        [missing],
        `${missing} is missing or no text`,
        'Every document needs apiVersion and kind.',
      );
      return null;
    }
    this.#label = kind;
    if (ENVOY_KINDS.has(kind)) {
      this.report(
        'LAT0004',
        'Warning',
        ['kind'],
        `${kind} is Envoy's own configuration and is ignored here`,
        '',
      );
      return null;
    }
    const known = findKind(kind);
    if (known === undefined) {
      this.report(
        'LAT0003',
        'Warning',
        ['kind'],
        `unknown kind "${kind}": the document is ignored`,
        kindRemedy(kind, apiVersion),
      );
      return null;
    }
    if (!known.apiVersions.includes(apiVersion)) {
      const near = closestWord(apiVersion, known.apiVersions) ?? known.apiVersions[0];
      const message = `unknown apiVersion "${apiVersion}" for ${kind}: the document is ignored`;
      this.report('LAT0003', 'Warning', ['apiVersion'], message, `Write "${near}".`);
      return null;
    }
    return known;
  }

  readResource(fields: Record<string, unknown>, kind: Kind, index: number): Resource | null {
    const metadata = this.#readMetadata(fields['metadata'], kind);
    const { apiVersion, kind: _kind, metadata: _metadata, spec, status: _status, ...rest } = fields;
    if (!kind.isFlat) this.#refuseTopLevel(rest);
    if (!kind.isFlat && spec === undefined) {
      this.report('LAT0002', 'Error', [], 'spec is missing', 'Is the block below it indented far enough?');
    }
    const content = kind.isFlat ? rest : (spec ?? {});
    const root = kind.isFlat ? [] : ['spec'];
    if (kind.isFlat || spec !== undefined) {
      for (const fault of checkSchema(kind.schema, content, root)) {
        this.report('IST0106', 'Error', fault.path, fault.message, fault.remedy);
      }
    }
    if (metadata === null || this.#hasErrors) return null;
    for (const finding of validateSpec(kind.kind, content, metadata)) {
      this.report(
        finding.code,
        finding.severity,
        [...root, ...finding.path],
        finding.message,
        finding.remedy,
      );
    }
    if (this.#hasErrors) return null;
    if (kind.isInert) {
      this.report(
        'LAT0005',
        'Warning',
        ['kind'],
        `${kind.kind} is checked, but this version does not act on it`,
        '',
      );
    }
    return {
      apiVersion: String(apiVersion),
      kind: kind.kind,
      ...metadata,
      spec: content,
      position: { file: this.#file, line: this.#document.line, index, lines: this.#lines() },
      hash: contentHash(canonicalJson([kind.kind, metadata, content])),
    };
  }

  #refuseTopLevel(rest: Record<string, unknown>): void {
    const known = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];
    for (const key of Object.keys(rest)) {
      const near = closestWord(key, known);
      const remedy =
        near === null ? 'Does it belong below spec? Check its indentation.' : `Did you mean "${near}"?`;
      this.report('IST0106', 'Error', [key], `unknown field "${key}" at the top of the document`, remedy);
    }
  }

  #readMetadata(value: unknown, kind: Kind) {
    const fields = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
    const name = fields['name'] ?? (kind.kind === 'MeshConfig' ? 'meshconfig' : undefined);
    if (typeof name !== 'string' || !NAME.test(name)) {
      const message =
        name === undefined ? 'metadata.name is missing' : `invalid metadata.name ${JSON.stringify(name)}`;
      this.report(
        'LAT0002',
        'Error',
        ['metadata', 'name'],
        message,
        'A name is of lower-case letters, digits, "-" and ".".',
      );
      return null;
    }
    const namespace = fields['namespace'] ?? DEFAULT_NAMESPACE;
    if (typeof namespace !== 'string' || !NAME.test(namespace)) {
      this.report('LAT0002', 'Error', ['metadata', 'namespace'], 'invalid metadata.namespace', '');
      return null;
    }
    this.#label = `${kind.kind} ${namespace}/${name}`;
    const created = fields['creationTimestamp'];
    return {
      name,
      namespace,
      labels: this.#readTexts(fields['labels'], 'labels'),
      annotations: this.#readTexts(fields['annotations'], 'annotations'),
      creationTimestamp: typeof created === 'string' ? created : '',
    };
  }

  #readTexts(value: unknown, field: string): Record<string, string> {
    const texts: Record<string, string> = {};
    if (typeof value !== 'object' || value === null) return texts;
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner === 'string') texts[key] = inner;
      else this.report('IST0106', 'Error', ['metadata', field, key], 'expected text', 'Put it in quotes.');
    }
    return texts;
  }

  /** Lines of rules and matches, for messages of the compiler and the console. */
  #lines(): Record<string, number> {
    const lines: Record<string, number> = {};
    for (const [path, place] of this.#document.places) lines[path] = place.line;
    return lines;
  }
}
