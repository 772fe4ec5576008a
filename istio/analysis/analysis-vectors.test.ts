import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { analyze } from '../analyze.ts';
import { parseDocuments } from '../parse-documents.ts';
import type { Violation } from '../violation.ts';
import type { KnownWorkload } from './known-services.ts';

/** What istioctl says of wrong and doubtful documents (`vectors/data/analysis`), beside what is said here. */

interface Vector {
  readonly title: string;
  readonly config: string;
  readonly validate: { readonly exit: number; readonly stderr: string };
  readonly analyzeWithCluster: {
    readonly messages: readonly { readonly level: string; readonly code: string; readonly object: string }[];
  };
}

interface Deviation {
  readonly why: string;
  readonly missing?: readonly string[];
  readonly extra?: readonly string[];
}

/** Where another answer is given on purpose, or not yet. All else must be equal: level, code and resource. */
const DEVIATIONS: Readonly<Record<string, Deviation>> = {
  'annotations.yaml': {
    why: 'Pods are no documents here; annotations of Pods are labels of containers',
    missing: [
      'Warning IST0107 Pod default/depot',
      'Warning IST0108 Pod default/depot',
      'Warning IST0125 Pod default/depot',
      'Info IST0135 Service default/depot',
    ],
  },
  'dr-lb-errors.yaml': {
    why: 'simple beside consistentHash is a oneof: refused (correction 30)',
    extra: ['Error IST0106 DestinationRule default/depot'],
  },
  'gw-missing.yaml': {
    why: 'a Gateway that is not there has no hosts to miss',
    missing: ['Warning IST0132 VirtualService default/depot'],
  },
  'legacy-cors-origin.yaml': {
    why: 'allowOrigin is deprecated in the proto, and said to be',
    extra: ['Warning IST0002 VirtualService default/depot'],
  },
  'legacy-fault-percent.yaml': {
    why: 'what does not fit its schema is not looked at further',
    missing: ['Warning IST0002 VirtualService default/depot'],
  },
  'name-missing.yaml': {
    why: 'a document without a name is ignored with a warning (correction 29)',
    missing: ['Error IST0101 VirtualService default/'],
  },
  'ra-errors.yaml': {
    why: 'jwks beside jwksUri is told to win',
    extra: ['Warning IST0133 RequestAuthentication default/b'],
  },
  'se-no-addresses.yaml': {
    why: 'an entry without addresses gets one of its own',
    missing: ['Warning IST0134 ServiceEntry default/pay'],
  },
  'sidecar-errors.yaml': {
    why: 'its rival is refused, so it has none',
    missing: ['Error IST0111 Sidecar default/a'],
  },
  'snake-case.yaml': {
    why: 'snake_case is refused, as by the schema of an API server (correction 38)',
    extra: ['Error IST0106 VirtualService default/depot'],
  },
  'two-string-matches.yaml': {
    why: 'two members of a oneof are refused, as by an API server (correction 30)',
    extra: ['Error IST0106 VirtualService default/depot'],
  },
  'type-weight-quoted.yaml': {
    why: 'a quoted number is refused, as by the schema of an API server',
    extra: ['Error IST0106 VirtualService default/depot'],
  },
  'vs-delegate-missing.yaml': {
    why: 'missing delegates are reported (correction 32)',
    extra: ['Error IST0101 VirtualService default/depot'],
  },
};

/** `validate` refuses this, `analyze` does not: followed in `analyze`. */
const VALID_HERE = ['port-names.yaml'];

/** Said of a document on its own; a refused one takes no part in the rest. */
const SINGLE_DOCUMENT_CODES = ['IST0002', 'IST0106', 'IST0130', 'IST0131', 'IST0133'];

const folder = new URL('../../vectors/data/analysis/', import.meta.url);
const files = readdirSync(folder).sort();

describe('analysis as istioctl gives it', () => {
  for (const file of files) {
    const vector = parse(readFileSync(new URL(file, folder), 'utf8')) as Vector;
    it(`${file}: ${vector.title}`, () => {
      const found = violationsOf(vector);
      const refused = new Set(
        found.filter(({ severity, code }) => severity === 'Error' && code === 'IST0106').map(resourceOf),
      );
      const ours = new Set(found.filter(({ code }) => code.startsWith('IST')).map(summaryOf));
      const theirs = expectedOf(vector, refused);
      const { missing = [], extra = [] } = DEVIATIONS[file] ?? {};
      assert.deepEqual([...theirs].filter((line) => !ours.has(line)).sort(), [...missing].sort(), 'missing');
      assert.deepEqual([...ours].filter((line) => !theirs.has(line)).sort(), [...extra].sort(), 'extra');
      if (vector.validate.exit !== 0 && !VALID_HERE.includes(file))
        assert.ok(
          found.some(({ severity }) => severity === 'Error'),
          'istioctl validate refuses it',
        );
    });
  }

  it('lists no deviation of a file that is not there', () => {
    assert.deepEqual(
      Object.keys(DEVIATIONS).filter((file) => !files.includes(file)),
      [],
    );
  });

  it('warns of every kind of 2018 and of misspelled ones, with the remedy', () => {
    for (const file of files.filter((name) =>
      /^(legacy-(a|d|eg|ex|m|rb|ro)|misspelled-(kind|group))/.test(name),
    )) {
      const vector = parse(readFileSync(new URL(file, folder), 'utf8')) as Vector;
      const found = violationsOf(vector);
      assert.ok(found.length > 0, file);
      for (const { code, severity, remedy } of found) {
        // A misspelled group means nothing else: refused, so that it is not overlooked.
        const level = file.startsWith('misspelled-group') ? 'Error' : 'Warning';
        assert.equal(`${severity} ${code}`, `${level} LAT0003`, file);
        assert.match(remedy, /It was replaced by|Did you mean/, file);
      }
    }
  });
});

function violationsOf({ config }: Vector): Violation[] {
  const parsed = parseDocuments(config, 'config.yaml');
  const workloads = podsOf(config);
  const violations = [...parsed.violations, ...analyze(parsed.resources, { services: [], workloads })];
  return violations.filter(({ resource }) => !resource.startsWith('Pod '));
}

interface Pod {
  readonly kind: string;
  readonly metadata: { name: string; namespace?: string; labels?: Record<string, string> };
}

/** The Pods of a vector stand for containers. */
function podsOf(config: string): KnownWorkload[] {
  const documents = parseAllDocuments(config).filter(({ errors }) => errors.length === 0);
  return documents
    .map((document) => document.toJS() as Pod | null)
    .filter((value): value is Pod => value?.kind === 'Pod')
    .map(({ metadata: { name, namespace = 'default', labels = {} } }) => ({
      id: name,
      name,
      namespace,
      labels,
    }));
}

function expectedOf({ analyzeWithCluster, validate }: Vector, refused: ReadonlySet<string>): Set<string> {
  const said = analyzeWithCluster.messages
    .map(({ level, code, object }) => ({ severity: level, code, resource: withNamespace(object) }))
    .filter(({ code, resource }) => SINGLE_DOCUMENT_CODES.includes(code) || !refused.has(resource))
    .map(summaryOf);
  // What cannot be parsed is said by `validate` alone.
  const unparsed = [...validate.stderr.matchAll(/\* (\w+)\/(\w*)\/(\w+): cannot parse proto message/g)].map(
    ([, kind, namespace, name]) => `Error IST0106 ${kind} ${namespace || 'default'}/${name}`,
  );
  return new Set([...said, ...unparsed]);
}

const withNamespace = (object: string) => (object.includes('/') ? object : object.replace(' ', ' default/'));
const resourceOf = ({ resource }: Pick<Violation, 'resource'>) => resource;
const summaryOf = ({ severity, code, resource }: { severity: string; code: string; resource: string }) =>
  `${severity} ${code} ${resource}`;
