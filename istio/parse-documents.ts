import { type ReadOptions, readDocument } from './document.ts';
import type { Resource } from './resource.ts';
import { resourceLabel } from './resource-label.ts';
import type { Violation } from './violation.ts';
import { readYaml, type YamlDocument } from './yaml-document.ts';

export interface ParsedFile {
  /** Valid resources, in the order of the file. */
  readonly resources: readonly Resource[];
  readonly violations: readonly Violation[];
  /** `kind namespace/name` of documents that have errors: their last good version stays in force. */
  readonly invalid: readonly string[];
  /** Some of the text could not be read: which resources it meant is not known. */
  readonly isUnreadable: boolean;
}

/** Reading must not hold up the controller. Kubernetes takes no document above 1.5 MiB (etcd's limit). */
export const MAX_FILE_BYTES = 2 * 1024 * 1024;
const megabytes = (bytes: number) => (bytes / (1024 * 1024)).toFixed(1);

/**
 * All documents of a file. Faults are data, not exceptions; a faulty document does not harm its neighbours.
 * @param file the path as it is to be shown
 */
export function parseDocuments(
  content: string | Buffer,
  file: string,
  options: ReadOptions = {},
): ParsedFile {
  if (content.length > MAX_FILE_BYTES) return unreadable(tooLarge(file, content.length));
  const text = typeof content === 'string' ? content : decode(content);
  if (text === null) {
    const remedy = 'Only YAML and JSON in UTF-8 belong into the config directory.';
    return unreadable(faultAtStart(file, 'the file is binary or not UTF-8', remedy));
  }
  const documents = readYaml(text.replace(/^\uFEFF/, '')).flatMap(expandList);
  const resources: Resource[] = [];
  const violations: Violation[] = [];
  const invalid: string[] = [];
  let isUnreadable = false;
  const seen = new Map<string, Resource>();
  documents.forEach((document, index) => {
    const read = readDocument(document, file, index, options);
    for (const violation of read.violations) violations.push(violation);
    if (read.resource === null) {
      if (read.meant === '') isUnreadable = true;
      else if (read.meant !== null) invalid.push(read.meant);
      return;
    }
    const key = resourceLabel(read.resource);
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, read.resource);
      resources.push(read.resource);
    } else violations.push(duplicate(read.resource, first));
  });
  return { resources, violations, invalid, isUnreadable };
}

/** Two documents of one name: the older one is in force, and both are named. */
export function duplicate(resource: Resource, first: Resource): Violation {
  return {
    code: 'LAT0006',
    severity: 'Error',
    message: `${resourceLabel(resource)} is defined twice; the one at ${first.position.file}:${first.position.line} is in force`,
    remedy: 'Give one of them another name, or remove it.',
    resource: resourceLabel(resource),
    file: resource.position.file,
    line: resource.position.line,
    column: 1,
    path: 'metadata.name',
  };
}

export function tooLarge(file: string, bytes: number): Violation {
  const message = `the file has ${megabytes(bytes)} MB, at most ${megabytes(MAX_FILE_BYTES)} are read`;
  return faultAtStart(file, message, 'Split it into several files, or keep it elsewhere.');
}

function unreadable(violation: Violation): ParsedFile {
  return { resources: [], violations: [violation], invalid: [], isUnreadable: true };
}

export function faultAtStart(file: string, message: string, remedy: string): Violation {
  return {
    code: 'LAT0001',
    severity: 'Error',
    message,
    remedy,
    resource: '',
    file,
    line: 1,
    column: 1,
    path: '',
  };
}

/** Text of UTF-8 bytes; null for anything else, and for NUL, which no YAML holds. */
function decode(bytes: Buffer): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Not UTF-8: reported by the caller as a fault of the file.
    return null;
  }
}

/** `kind: List` stands for its items, as `kubectl get -o yaml` prints them. */
function expandList(document: YamlDocument): YamlDocument[] {
  const { value } = document;
  if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== 'List')
    return [document];
  if (!('items' in value) || !Array.isArray(value.items)) return [document];
  if (document.faults.length > 0) return [{ ...document, value: undefined }];
  return value.items.map((item: unknown, index) => {
    const prefix = `items[${index}].`;
    const places = new Map<string, { line: number; column: number }>();
    for (const [path, place] of document.places) {
      if (path.startsWith(prefix)) places.set(path.slice(prefix.length), place);
    }
    return {
      value: item,
      line: document.places.get(`items[${index}]`)?.line ?? document.line,
      places,
      faults: [],
    };
  });
}
