import { stringify } from 'yaml';
import { parseDurationMs } from '../../../istio/duration.ts';
import { findKnown, type Known, type KnownService } from '../known.ts';

/** A form that gives the YAML of a common wish. */
export interface Recipe {
  readonly id: string;
  readonly title: string;
  /** When one wants it, in a sentence. */
  readonly summary: string;
  /** The form, by what is filled in so far. */
  readonly fields: (known: Known, values: Values) => readonly Field[];
  readonly build: (known: Known, values: Values) => Built;
}

export type Values = Readonly<Record<string, string>>;

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly help: string;
  readonly kind: 'choice' | 'text' | 'number' | 'percent' | 'duration' | 'host';
  /** Of a choice. */
  readonly options?: readonly { readonly value: string; readonly label: string }[];
  readonly initial: string;
  readonly isOptional?: boolean;
}

export interface Built {
  readonly file: string;
  readonly text: string;
  /** What one should know before saving. */
  readonly notes: readonly Note[];
}

export interface Note {
  readonly text: string;
  /** Where one would rather go on; absent = here. */
  readonly file?: string;
}

/** What is filled in, and the initial value of what is not. */
export function filledIn(fields: readonly Field[], values: Values): Record<string, string> {
  return Object.fromEntries(
    fields.map(({ name, initial, options }) => {
      const value = values[name] ?? initial;
      const isOffered = options === undefined || options.some((option) => option.value === value);
      return [name, isOffered ? value : initial];
    }),
  );
}

/** Why a field cannot be taken as it is; '' = it can. */
export function problemOf({ kind, isOptional, options }: Field, value: string): string {
  if (value.trim() === '')
    return isOptional === true ? '' : options?.length === 0 ? 'Nothing to choose from yet.' : 'Fill this in.';
  switch (kind) {
    case 'number':
      return /^\d{1,9}$/.test(value) ? '' : 'Write a whole number.';
    case 'percent':
      return /^\d+(\.\d+)?$/.test(value) && Number(value) <= 100 ? '' : 'Write a number from 0 to 100.';
    case 'duration':
      return (parseDurationMs(value) ?? -1) > 0 ? '' : 'Write a duration with its unit: 5s, 250ms, 1m30s.';
    case 'host':
      return /^(\*\.|(?=[^*]))[a-z0-9*]([a-z0-9.-]*[a-z0-9])?$/i.test(value) || value === '*'
        ? ''
        : 'Write a host name, such as shop.example.com.';
    default:
      return '';
  }
}

export interface DocumentParts {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly spec: unknown;
}

/** Documents as text, below a comment that says what they are for. */
export function yamlOf(comment: string, documents: readonly DocumentParts[]): string {
  const texts = documents.map(({ apiVersion = 'networking.istio.io/v1', kind, name, namespace, spec }) =>
    stringify(
      { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, spec },
      // As YAML 1.1, which quotes such words as y and on.
      { version: '1.1', lineWidth: 0 },
    ),
  );
  return `# ${comment}\n${texts.join('---\n')}`;
}

/** `reviews.shop.svc.cluster.local` → `reviews`: for names of documents and files. */
export const nameFor = (host: string) =>
  (host.split('.svc.')[0]?.replaceAll('.', '-') ?? host).replace(/^\*-?/, 'any-');

export function serviceField(known: Known, label = 'Service'): Field {
  const services = known.services.filter(({ kind }) => kind !== 'gateway');
  return {
    name: 'service',
    label,
    help: '',
    kind: 'choice',
    options: services.map(({ host }) => ({ value: host, label: host })),
    initial: services[0]?.host ?? '',
  };
}

export const serviceOf = (known: Known, values: Values): KnownService | undefined =>
  findKnown(known, values['service'] ?? '');

/** Two VirtualServices for one host: only the older acts. Of DestinationRules, each part is taken from the first that has it. */
export function rivalNotes(
  service: KnownService | undefined,
  kind: 'virtualServices' | 'destinationRules',
): Note[] {
  const what =
    kind === 'virtualServices'
      ? 'VirtualService, and the older one acts alone'
      : 'DestinationRule: a policy that it has goes first';
  return (service?.[kind] ?? []).map(({ label, file }) => ({
    text: `There is ${label} already, a ${what}. Rather edit that one.`,
    file,
  }));
}
