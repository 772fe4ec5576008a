import { type Document, LineCounter, parseAllDocuments, type YAMLError } from 'yaml';
import { errorMessage } from '../base/errors.ts';
import { type Place, surveyYaml, type YamlFault } from './yaml-survey.ts';

/** YAML (and so JSON) with the place of every field, read as Kubernetes' tools read it. */
export interface YamlDocument {
  /** undefined = the text could not be read. */
  readonly value: unknown;
  /** 1-based line of its first key. */
  readonly line: number;
  /** Field path (`spec.http[0]`) → place of its key. */
  readonly places: ReadonlyMap<string, Place>;
  readonly faults: readonly YamlFault[];
}

/** More would be a bomb ("billion laughs"): a small text that means gigabytes. */
const MAX_ALIASES = 100;

/** What follows them is most often their consequence. */
const MAX_FAULTS = 10;

/** Brackets that open one another without a word between: no document is so deep, and the parser would need gigabytes. */
const TOO_DEEP = /(?:[[{]\s*){200}/;

/** Documents in order; empty ones and such of comments only are left out. */
export function readYaml(text: string): YamlDocument[] {
  if (TOO_DEEP.test(text)) return [unreadable({ line: 1, column: 1 }, 'brackets are nested too deep')];
  const lines = new LineCounter();
  let documents: readonly Document.Parsed[];
  try {
    const parsed = parseAllDocuments(text, {
      lineCounter: lines,
      merge: true,
      // Told by the survey, which names both places.
      uniqueKeys: false,
      prettyErrors: false,
      strict: true,
      logLevel: 'error',
    });
    documents = Array.isArray(parsed) ? parsed : [];
  } catch (error) {
    // The parser recurses: brackets nested ten thousand deep exhaust its stack.
    return [unreadable({ line: 1, column: 1 }, `cannot be read as YAML: ${errorMessage(error)}`)];
  }
  return documents
    .filter((document) => document.contents !== null || document.errors.length > 0)
    .map((document) => readDocument(document, lines))
    .filter((document) => document.value !== null || document.faults.length > 0);
}

function unreadable(place: Place, message: string): YamlDocument {
  return {
    value: undefined,
    line: place.line,
    places: new Map(),
    faults: [{ ...place, message, remedy: 'Nothing of this kind is so deep or so entangled.' }],
  };
}

function readDocument(document: Document.Parsed, lines: LineCounter): YamlDocument {
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const start = document.contents?.range?.[0];
  const place = start === undefined ? { line: 1, column: 1 } : placeAt(start);
  if (document.errors.length > 0) {
    // A text that is cut off leaves several brackets open at one place: one fault, not several.
    const faults = firstOfEachPlace(document.errors)
      .slice(0, MAX_FAULTS)
      .map((error) => describeError(error, placeAt(error.pos[0])));
    return { value: undefined, line: place.line, places: new Map(), faults };
  }
  try {
    const { places, faults } = surveyYaml(document.contents, placeAt);
    const value = document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
    return { value, line: place.line, places, faults: faults.slice(0, MAX_FAULTS) };
  } catch (error) {
    return unreadable(place, errorMessage(error));
  }
}

/** A log file that was put into the directory by mistake has ten thousands of errors. */
function firstOfEachPlace(errors: readonly YAMLError[]): YAMLError[] {
  const seen = new Set<number>();
  return errors.filter(({ pos: [start] }) => !seen.has(start) && seen.add(start));
}

function describeError(error: YAMLError, place: Place): YamlFault {
  return { ...place, message: `not YAML: ${firstLine(error.message)}`, remedy: remedyFor(error) };
}

const firstLine = (text: string) => text.split('\n')[0] ?? '';

function remedyFor(error: YAMLError): string {
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return 'Indent with spaces: YAML knows no tabs.';
    case 'BAD_ALIAS':
      return 'Put it in quotes: a bare * begins an alias in YAML, "*" is the star.';
    case 'BAD_SCALAR_START':
      return 'Put the value in quotes.';
    case 'BAD_INDENT':
    case 'MISSING_CHAR':
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
    case 'BLOCK_IN_FLOW':
      return 'Check indentation, brackets and quotes here and on the line before.';
    default:
      return '';
  }
}
