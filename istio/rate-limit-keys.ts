import type { CallerAttribute } from '../model/rate-limit.ts';

/** What a RateLimit may count apart (`per`): the keys of AuthorizationPolicy's `when`, as far as each is one text. */
export type RateLimitKey =
  | { readonly kind: 'caller'; readonly attribute: CallerAttribute }
  | { readonly kind: 'remote-address' }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'claim'; readonly steps: readonly string[] };

const CALLER: readonly CallerAttribute[] = [
  'source.principal',
  'source.namespace',
  'source.serviceAccount',
  'source.ip',
  'request.auth.principal',
  'request.host',
  'request.method',
];

export const RATE_LIMIT_KEYS: readonly string[] = [
  ...CALLER,
  'remote.ip',
  'request.headers[...]',
  'request.auth.claims[...]',
];

/** null = it is none. */
export function readRateLimitKey(text: string): RateLimitKey | null {
  if (text === 'remote.ip') return { kind: 'remote-address' };
  const attribute = CALLER.find((each) => each === text);
  if (attribute !== undefined) return { kind: 'caller', attribute };
  const [, name = '', brackets = ''] = /^([^[]+)((?:\[[^[\]]+\])+)$/.exec(text) ?? [];
  const steps = [...brackets.matchAll(/\[([^[\]]+)\]/g)].map(([, step = '']) => step);
  if (name === 'request.auth.claims') return { kind: 'claim', steps };
  if (name === 'request.headers' && steps.length === 1)
    return { kind: 'header', name: (steps[0] ?? '').toLowerCase() };
  return null;
}
