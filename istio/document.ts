import { canonicalJson } from '../base/canonical-json.ts';
import { closestWord } from '../base/closest-word.ts';
import { DEFAULT_NAMESPACE } from '../model/names.ts';
import { contentHash } from './content-hash.ts';
import { type FieldPath, formatFieldPath } from './field-path.ts';
import { ENVOY_KINDS, findKind, KIND_NAMES, type Kind, kindRemedy } from './kinds.ts';
import { modernise } from './legacy-fields.ts';
import { readMetadata } from './metadata.ts';
import type { Resource } from './resource.ts';
import { checkSchema } from './schema-violations.ts';
import { validateAnnotations } from './validate/annotations.ts';
import type { Finding } from './validate/finding.ts';
import { validateSpec } from './validate/spec.ts';
import { validateTestAnnotations } from './validate/test-annotations.ts';
import type { Violation } from './violation.ts';
import type { YamlDocument } from './yaml-document.ts';

export interface ReadDocument {
  /** null = it has errors, or is of no kind that this mesh knows. */
  readonly resource: Resource | null;
  readonly violations: readonly Violation[];
  /**
   * Where it gives no resource: the one that it was meant to be (`VirtualService default/reviews`), whose last good
   * version stays in force; '' = that cannot be told; null = none that this mesh knows.
   */
  readonly meant: string | null;
}

/** For whom documents are read. */
export interface ReadOptions {
  /** What makes traffic come out the same each time is allowed (istio/test-annotations.ts). */
  readonly isTestMesh?: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** One document → one checked resource. Every fault is collected. */
export function readDocument(
  document: YamlDocument,
  file: string,
  index: number,
  options: ReadOptions = {},
): ReadDocument {
  const reader = new Reader(document, file, options);
  const resource = reader.read(index);
  return { resource, violations: reader.violations, meant: reader.meant };
}

/** MeshConfig as istiod reads it, without apiVersion and kind, is known by its file's name. */
const MESH_CONFIG_FILE = /(^|\/)mesh-?config\.(ya?ml|json)$/i;
const TOP_FIELDS = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];

class Reader {
  readonly violations: Violation[] = [];
  meant: string | null = '';
  #label = '';
  readonly #document: YamlDocument;
  readonly #file: string;
  readonly #options: ReadOptions;
  #hasErrors = false;

  constructor(document: YamlDocument, file: string, options: ReadOptions) {
    this.#document = document;
    this.#file = file;
    this.#options = options;
  }

  read(index: number): Resource | null {
    const { value, faults } = this.#document;
    this.#label = guessLabel(value);
    this.meant = identityOf(this.#label);
    for (const { message, remedy, ...place } of faults)
      this.#report({ code: 'LAT0001', severity: 'Error', path: [], message, remedy }, place);
    if (faults.length > 0) return null;
    if (!isMapping(value)) {
      const message = 'a document must be a mapping with apiVersion, kind, metadata and spec';
      this.#fail('LAT0002', [], message, 'Compare it with an example of Istio.');
      return null;
    }
    const fields = this.#isBareMeshConfig(value)
      ? { ...value, apiVersion: 'mesh.istio.io/v1alpha1', kind: 'MeshConfig' }
      : value;
    const kind = this.#readKind(fields);
    return kind === null ? null : this.#readResource(fields, kind, index);
  }

  #isBareMeshConfig(value: Fields): boolean {
    return MESH_CONFIG_FILE.test(this.#file) && !('kind' in value) && !('apiVersion' in value);
  }

  #readKind(fields: Fields): Kind | null {
    const { kind, apiVersion } = fields;
    if (typeof kind !== 'string' || typeof apiVersion !== 'string') {
      const missing = typeof kind === 'string' ? 'apiVersion' : 'kind';
      this.#fail('LAT0002', [missing], `${missing} is missing or no text`, missingRemedy(fields, missing));
      return null;
    }
    if (ENVOY_KINDS.has(kind)) {
      const message = `${kind}${whatOf(fields['spec'])} is Envoy's own configuration and is ignored here`;
      this.#warn('LAT0004', ['kind'], message, 'Remove it, or say what you need in other kinds.');
      this.meant = null;
      return null;
    }
    const known = findKind(kind);
    if (known === undefined || known.isOurs?.(fields) === false) {
      const message = `unknown kind "${kind}": the document is ignored`;
      this.#warn('LAT0003', ['kind'], message, kindRemedy(kind, apiVersion));
      const near = known === undefined ? closestWord(kind, KIND_NAMES) : null;
      this.meant = near === null ? null : identityOf(guessLabel({ ...fields, kind: near }));
      return null;
    }
    if (!known.apiVersions.includes(apiVersion)) {
      const near = closestWord(apiVersion, known.apiVersions);
      // A slip of the pen is a fault; another API (Gateway API's `Gateway`) is none of ours.
      const severity = near === null && !apiVersion.includes('.istio.io/') ? 'Warning' : 'Error';
      const message = `unknown apiVersion "${apiVersion}" for ${kind}: the document is ignored`;
      const remedy = `Did you mean "${near ?? known.apiVersions[0]}"?`;
      this.#report({ code: 'LAT0003', severity, path: ['apiVersion'], message, remedy });
      return null;
    }
    const [newest = ''] = known.apiVersions;
    if (apiVersion.includes('alpha') && !newest.includes('alpha')) {
      const message = `${apiVersion} is an old name of ${newest}, with the same fields`;
      this.#warn('LAT0007', ['apiVersion'], message, `Write apiVersion: ${newest}.`);
    }
    return known;
  }

  #readResource(fields: Fields, kind: Kind, index: number): Resource | null {
    const { metadata, findings } = readMetadata(fields['metadata'], kind.defaultName);
    for (const finding of findings) this.#report(finding);
    if (metadata !== null) this.#label = `${kind.kind} ${metadata.namespace}/${metadata.name}`;
    this.meant = identityOf(this.#label);
    const { apiVersion, kind: _kind, metadata: _metadata, spec, status: _status, ...rest } = fields;
    const root = kind.isFlat ? [] : ['spec'];
    const { spec: content, notes } = modernise(kind.kind, kind.schema, kind.isFlat ? rest : spec);
    for (const { path, message, remedy } of notes) this.#warn('LAT0007', [...root, ...path], message, remedy);
    if (!kind.isFlat) this.#refuseTopFields(rest, kind);
    else if (spec !== undefined) {
      const remedy = 'Write what is below it beside `kind`.';
      this.#fail('IST0106', ['spec'], `${kind.kind} has no spec`, remedy);
    }
    if (content === undefined || content === null)
      this.#fail('IST0106', ['spec'], 'spec is missing', 'Is the block below it indented far enough?');
    else {
      for (const fault of checkSchema(kind.schema, content, root))
        this.#fail('IST0106', fault.path, fault.message, fault.remedy);
    }
    if (metadata === null || this.#hasErrors) return null;
    for (const finding of validateAnnotations(kind.kind, metadata, content)) this.#report(finding);
    const { isTestMesh = false } = this.#options;
    for (const finding of validateTestAnnotations(kind.kind, metadata, content, isTestMesh))
      this.#report(finding);
    for (const finding of validateSpec(kind.kind, content, metadata))
      this.#report({ ...finding, path: [...root, ...finding.path] });
    if (this.#hasErrors) return null;
    if (kind.isInert) {
      const message = `${kind.kind} is checked, but this version does not act on it`;
      this.#warn('LAT0005', ['kind'], message, '');
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

  #refuseTopFields(rest: Fields, kind: Kind): void {
    for (const key of Object.keys(rest)) {
      const near = closestWord(key, TOP_FIELDS);
      const isOfSpec = kind.fields.includes(key);
      const remedy = isOfSpec
        ? 'Indent it further: it belongs below "spec".'
        : near === null
          ? `Known here: ${TOP_FIELDS.join(', ')}.`
          : `Did you mean "${near}"?`;
      this.#fail('IST0106', [key], `unknown field "${key}"`, remedy);
    }
  }

  #fail(code: string, path: FieldPath, message: string, remedy: string): void {
    this.#report({ code, severity: 'Error', path, message, remedy });
  }

  #warn(code: string, path: FieldPath, message: string, remedy: string): void {
    this.#report({ code, severity: 'Warning', path, message, remedy });
  }

  #report({ path, ...finding }: Finding, place = this.#placeOf(path)): void {
    if (finding.severity === 'Error') this.#hasErrors = true;
    const { line, column } = place;
    const where = { resource: this.#label, file: this.#file, line, column, path: formatFieldPath(path) };
    this.violations.push({ ...finding, ...where });
  }

  /** The field's own place, or that of the nearest field around it. */
  #placeOf(path: FieldPath): { line: number; column: number } {
    for (let length = path.length; length > 0; length--) {
      const place = this.#document.places.get(formatFieldPath(path.slice(0, length)));
      if (place !== undefined) return place;
    }
    return { line: this.#document.line, column: 1 };
  }

  /** Lines of rules and matches, for messages of the compiler and the console. */
  #lines(): Record<string, number> {
    return Object.fromEntries([...this.#document.places].map(([path, { line }]) => [path, line]));
  }
}

function missingRemedy(fields: Fields, missing: string): string {
  const near = closestWord(missing, Object.keys(fields));
  return near === null
    ? 'Every document needs apiVersion and kind.'
    : `Did you mean "${missing}" by "${near}"?`;
}

/** The extension that a document of Envoy's would load. */
function whatOf(spec: unknown): string {
  if (!isMapping(spec)) return '';
  const { pluginName, url, wasm, lua } = spec;
  const nested = isMapping(wasm) ? wasm['url'] : isMapping(lua) ? 'a Lua script' : undefined;
  const what = [pluginName, url, nested].find((each) => typeof each === 'string');
  return what === undefined ? '' : ` (${String(what)})`;
}

/** What a document calls itself, before anything in it has been checked: '' where it does not say. */
function guessLabel(value: unknown): string {
  if (!isMapping(value) || typeof value['kind'] !== 'string') return '';
  const metadata = isMapping(value['metadata']) ? value['metadata'] : {};
  const { name, namespace } = metadata;
  if (typeof name !== 'string') return value['kind'];
  return `${value['kind']} ${typeof namespace === 'string' ? namespace : DEFAULT_NAMESPACE}/${name}`;
}

/** A label that names its resource; '' for a mere kind. */
const identityOf = (label: string) => (label.includes('/') ? label : '');

function isMapping(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
