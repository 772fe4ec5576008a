import type { Answer, Call, Hop, Scenario } from '../../vectors/scenario.ts';

/**
 * All that may differ from a recording because containers are no pods and time is real. Addresses are not here: the
 * recordings name whose they are.
 */

/** Call → why no engine answers it like the recording. */
const NOT_ON_DOCKER: Readonly<Record<string, string>> = {
  'routing/no-match-or-no-rule: unknown host, ALLOW_ANY, nobody at the address':
    'what is beyond the bridge decides how a foreign address fails',
};

export const isOnDocker = (scenario: string, { name }: Call) =>
  NOT_ON_DOCKER[`${scenario}: ${name}`] === undefined;

/**
 * Scenario → the application that must be quicker in it than the time that its caller has. Nothing can be waited for: on
 * a machine that stands still for longer the answer is rightly another one, so these are tried again.
 */
const RACES: Readonly<Record<string, string>> = {
  'faults/with-timeout-and-retries': 'answers at once, within 200 ms',
  'timeouts-retries/per-try-timeout': 'answers after 50 ms, within 200 ms',
  'timeouts-retries/retry-and-timeout': 'answers at once, within 400 ms',
  'timeouts-retries/timeout': 'answers after 100 ms, within 300 ms',
};

export const isRace = ({ name }: Scenario) => RACES[name] !== undefined;

/** Who was put out stays out while a rule changes; the recordings began with new proxies. */
export const needsFreshStart = ({ config }: Scenario) => config.includes('outlierDetection');

/** Said between a connection's two ends; a caller of these tests asks that its connection be closed. */
const OF_THE_CONNECTION = ['connection', 'keep-alive', 'transfer-encoding'];

export function seenOnDocker(made: Answer): Answer {
  const { headers, backend } = made;
  return {
    ...made,
    ...(headers !== undefined && { headers: withoutConnection(headers) }),
    ...(backend !== undefined && { backend: { ...backend, headers: withoutConnection(backend.headers) } }),
  };
}

function withoutConnection(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.includes(name)));
}

export function expectedOnDocker(recorded: Answer): Answer {
  const { hops, ms } = recorded;
  return {
    ...recorded,
    ...(hops !== undefined && { hops: hops.map(withoutServiceAddress) }),
    ...(ms !== undefined && { ms: typeof ms === 'number' ? ms : { ...ms, atMost: Infinity } }),
  };
}

/** Nobody is behind a virtual address: the agent takes an endpoint itself (docs/decisions/001). */
function withoutServiceAddress(hop: Hop): Hop {
  return hop.upstream?.startsWith('service ') === true ? { ...hop, upstream: '<any>' } : hop;
}
