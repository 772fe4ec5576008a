/** What is asked of traces; as it stands in the page's address, so that a search can be sent to others. */
export interface TraceSearch {
  readonly service: string;
  /** '' = any, `error`, `2xx`, `503`. */
  readonly status: string;
  /** Durations as people write them: `250ms`, `1.5s`, `40` = milliseconds. */
  readonly min: string;
  readonly max: string;
  /** `KEY=VALUE`, of spans. */
  readonly tag: string;
  readonly seconds: number;
  readonly limit: number;
}

export const ANY_TRACE: TraceSearch = {
  service: '',
  status: '',
  min: '',
  max: '',
  tag: '',
  seconds: 3600,
  limit: 50,
};

const TEXTS = ['service', 'status', 'min', 'max', 'tag'] as const;
const NUMBERS = ['seconds', 'limit'] as const;

export function readSearch(parameters: URLSearchParams): TraceSearch {
  const texts = Object.fromEntries(TEXTS.map((name) => [name, parameters.get(name) ?? '']));
  const numbers = Object.fromEntries(
    NUMBERS.map((name) => {
      const value = Number(parameters.get(name));
      return [name, Number.isInteger(value) && value > 0 ? value : ANY_TRACE[name]];
    }),
  );
  return { ...ANY_TRACE, ...texts, ...numbers };
}

/** The page's address; what is as usual is left out. */
export function writeSearch(search: TraceSearch): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const name of [...TEXTS, ...NUMBERS])
    if (search[name] !== ANY_TRACE[name]) parameters.set(name, String(search[name]));
  return parameters;
}

/** The query of `/api/traces`. */
export function queryOf(search: TraceSearch): string {
  const parameters = new URLSearchParams();
  const put = (name: string, value: string | number | null) => {
    if (value !== '' && value !== null) parameters.set(name, String(value));
  };
  put('service', search.service);
  put('status', search.status);
  put('minMs', milliseconds(search.min));
  put('maxMs', milliseconds(search.max));
  put('tag', tagOf(search.tag));
  put('seconds', search.seconds);
  put('limit', search.limit);
  return parameters.toString();
}

/** Why a search cannot be asked; '' = it can. */
export function problemOf({ min, max, tag, status }: TraceSearch): string {
  for (const text of [min, max])
    if (text.trim() !== '' && milliseconds(text) === null)
      return `"${text}" is no duration: write 250ms or 1.5s.`;
  const [from, to] = [milliseconds(min), milliseconds(max)];
  if (from !== null && to !== null && from > to) return 'The shortest duration is above the longest.';
  if (tag.trim() !== '' && !/^[^=:]+[=:]/.test(tag))
    return 'Write a tag as KEY=VALUE, such as http.url=/productpage.';
  if (!/^(error|[1-5]xx|[1-5]\d\d)?$/.test(status)) return 'Write a status as 503, 5xx or error.';
  return '';
}

/** Headers that proxies keep under names of their own (Envoy's HttpTracerUtility). */
const HEADER_TAGS: Readonly<Record<string, string>> = {
  'x-request-id': 'guid:x-request-id',
  'user-agent': 'user_agent',
};

/** `KEY=VALUE`, also where it was written `KEY: VALUE`. */
function tagOf(text: string): string {
  const match = /^\s*((?:guid:)?[^=:]+?)\s*(?:=|:)\s*(.*?)\s*$/.exec(text);
  const name = match?.[1] ?? '';
  return name === '' ? '' : `${HEADER_TAGS[name.toLowerCase()] ?? name}=${match?.[2]}`;
}

const UNITS: Readonly<Record<string, number>> = { us: 0.001, µs: 0.001, ms: 1, s: 1000, m: 60_000, '': 1 };

/** null = nothing, or no duration. */
export function milliseconds(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(us|µs|ms|s|m|)\s*$/.exec(text);
  return match?.[1] === undefined ? null : Number(match[1]) * (UNITS[match[2] ?? ''] ?? 1);
}
