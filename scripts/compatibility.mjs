// docs/compatibility.md: every field of every kind, what becomes of it, and which test proves it. Generated from the
// schemas, the lists of fields without effect, the compiler's golden pairs and the answers recorded from real Istio.
// `npm run compatibility` writes it; `--check` (in npm run check) says whether it is up to date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { splitGolden } from '../controller/compile/golden/compile-golden.ts';
import { ALL_KINDS } from '../istio/kinds.ts';
import { parseDocuments } from '../istio/parse-documents.ts';
import { EFFECTIVE_MESH_CONFIG } from '../istio/read-mesh-config.ts';
import { contentOf, fieldsOf, isList, isRecord, schemaAt } from '../istio/schema-walk.ts';
import { INERT_FIELDS } from '../istio/validate/inert-fields.ts';
import { loadScenarios } from '../vectors/load-scenarios.ts';
import { NOT_YET } from '../vectors/not-yet.ts';
import { NOTES, REFUSED_FIELDS, WITHOUT_EFFECT } from './compatibility-notes.mjs';

const INTRODUCTION = `# Compatibility with Istio's API

Made by \`npm run compatibility\`; do not edit.

Every field of every kind that is read. *supported*: it acts as in Istio, in so far as
[docs/decisions](decisions) says nothing else. *ignored, with a warning*: read and checked, but nothing follows from it
in this version. *refused*: an error with a remedy; the last good version stays in force. A field that is not listed is
unknown, and refused as well.

The proof of a field is a pair of \`controller/compile/golden\` or a scenario of \`vectors/data\`, recorded from real
Istio, whose documents have it.
`;

const root = join(import.meta.dirname, '..');
const target = join(root, 'docs', 'compatibility.md');
const GOLDEN = join(root, 'controller', 'compile', 'golden');

function renderPage() {
  checkRefusals();
  const proofs = collectProofs();
  const sections = ALL_KINDS.map((kind) => renderKind(kind, proofs.get(kind.kind) ?? new Map()));
  return `${INTRODUCTION}\n${sections.join('\n')}`;
}

function renderKind(kind, proofs) {
  const note = NOTES[kind.kind] === undefined ? '' : `\n${NOTES[kind.kind]}\n`;
  const heading = `## ${kind.kind}\n\n\`${kind.apiVersions.join('`, `')}\`\n${note}`;
  if (kind.isInert)
    return `${heading}\nChecked; this version does not act on it, and says so in a warning.\n`;
  const isMeshConfig = kind.kind === 'MeshConfig';
  const fields = fieldRows(kind.schema, []).map((row) => ({ ...row, status: statusOf(kind.kind, row.path) }));
  // MeshConfig has hundreds of fields that say nothing here.
  const shown = fields.filter(({ status }) => !isMeshConfig || status === 'supported');
  const rest = isMeshConfig ? '\nAll other fields of MeshConfig are read, and ignored with a warning.\n' : '';
  const rows = shown.map(({ path, note, status }) => {
    return `| \`${readable(path)}\`${note} | ${status} | ${formatProofs(status, proofs.get(path))} |`;
  });
  return `${heading}\n| field | | proof |\n|---|---|---|\n${rows.join('\n')}\n${rest}`;
}

/** Leaves, and blocks that stand for their content. */
function fieldRows(schema, path) {
  return fieldsOf(schema).flatMap((field) => {
    const at = [...path, field];
    const isListField = isList(schemaAt(schema, [field]));
    const text = at.join('.');
    const content = contentOf(schema, field);
    const inner = fieldsOf(content);
    const same = SAME_AS.find(([pattern]) => pattern.test(text));
    if (same) return [{ path: text, note: ` ${same[1]}` }];
    if (isRecord(schemaAt(schema, [field])) || inner.length === 0) return [{ path: text, note: '' }];
    if (isOneWord(inner)) return [{ path: text, note: ` (${inner.join(', ')})` }];
    return fieldRows(content, isListField ? [...at, '*'] : at);
  });
}

const SAME_AS = [
  [/^subsets\.\*\.trafficPolicy$/, '(as `trafficPolicy`)'],
  [/portLevelSettings\.\*\.(loadBalancer|connectionPool|outlierDetection|tls)$/, '(as in `trafficPolicy`)'],
  [/^ingress\.\*\.tls$/, '(as a whole)'],
];
/** StringMatch, header operations and the like: small messages whose members are one thing. */
const isOneWord = (fields) =>
  [
    'exact,prefix,regex',
    'set,add,remove',
    'value',
    'number',
    'host,subset,port',
    'from,to',
    'probes,time,interval',
  ].includes(fields.join());

const readable = (path) => path.replaceAll('.*', '[]');

function statusOf(kind, path) {
  const covers = (patterns = []) =>
    patterns.some((pattern) => path === pattern || path.startsWith(`${pattern}.`));
  if (REFUSED_FIELDS.some((refused) => refused.kind === kind && refused.field === path)) return 'refused';
  if (covers(INERT_FIELDS[kind])) return 'ignored, with a warning';
  if (covers(WITHOUT_EFFECT[kind])) return 'accepted; means nothing here';
  if (kind === 'MeshConfig' && !covers([...EFFECTIVE_MESH_CONFIG])) return 'ignored, with a warning';
  return 'supported';
}

function formatProofs(status, found = new Map()) {
  if (status === 'refused') return 'tried when this page is made';
  if (status === 'ignored, with a warning') return '`istio/validate/inert-fields.test.ts`';
  if (!status.includes('supported')) return '';
  return ['golden', 'recorded'].flatMap((form) => mostSpecific(found, form)).join(', ');
}

/** Of all that have the field the one with the fewest others: it is most likely about it, and seldom changes. */
function mostSpecific(found, form) {
  const names = [...found.keys()].filter((proof) => proof.startsWith(form));
  names.sort((a, b) => found.get(a) - found.get(b) || (a < b ? -1 : 1));
  return names.slice(0, 1);
}

/** Kind → field → the pairs and recorded scenarios whose documents have it. */
function collectProofs() {
  const proofs = new Map();
  const add = (text, proof) => {
    const { resources } = parseDocuments(text, proof);
    const fields = resources.flatMap(({ kind, spec }) =>
      [...new Set(fieldsIn(spec, []))].map((field) => ({ kind, field })),
    );
    for (const { kind, field } of fields) {
      const ofKind = proofs.get(kind) ?? new Map();
      proofs.set(kind, ofKind);
      ofKind.set(field, (ofKind.get(field) ?? new Map()).set(proof, fields.length));
    }
  };
  for (const file of readdirSync(GOLDEN).filter((name) => name.endsWith('.in.yaml'))) {
    const { documents } = splitGolden(readFileSync(join(GOLDEN, file), 'utf8'));
    add(documents, `golden ${file.replace('.in.yaml', '')}`);
  }
  for (const { name, config, meshConfig } of loadScenarios()) {
    if (NOT_YET.has(name)) continue;
    add(config, `recorded ${name}`);
    if (meshConfig !== undefined)
      add(`apiVersion: mesh.istio.io/v1alpha1\nkind: MeshConfig\n${meshConfig}`, `recorded ${name}`);
  }
  return proofs;
}

/** Paths of a document with `*` for list items; a policy of a port or a subset counts for policies. */
function* fieldsIn(value, path) {
  const text = path.join('.');
  yield text;
  yield text.replace(/^subsets\.\*\.(?=trafficPolicy\.)/, '').replace(/portLevelSettings\.\*\.(?=.)/, '');
  if (Array.isArray(value)) for (const item of value) yield* fieldsIn(item, [...path, '*']);
  else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) yield* fieldsIn(inner, [...path, key]);
}

/** What is said to be refused is tried: no word of this page is a promise alone. */
function checkRefusals() {
  for (const { kind, field, spec } of REFUSED_FIELDS) {
    const { apiVersions } = ALL_KINDS.find((known) => known.kind === kind);
    const text = JSON.stringify({ apiVersion: apiVersions[0], kind, metadata: { name: 'a' }, spec });
    const last = field.split('.').at(-1);
    const isRefused = parseDocuments(text, 'probe').violations.some(
      ({ severity, path }) => severity === 'Error' && path.endsWith(last),
    );
    if (!isRefused) throw new Error(`${kind} ${field} is said to be refused, and is not`);
  }
}

const page = renderPage();
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== page) {
    console.error('docs/compatibility.md is out of date.\nRemedy: npm run compatibility');
    process.exitCode = 1;
  }
} else writeFileSync(target, page);
