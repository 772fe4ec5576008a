import type { GraphEdge } from '../../model/console.ts';
import { formatShare } from '../format.ts';
import './outcomes.css';

/** What calls ended with, `503 UF` and the like; flags are Envoy's. */
export function Outcomes({ outcomes }: { readonly outcomes: GraphEdge['outcomes'] }) {
  const total = outcomes.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return null;
  return (
    <section>
      <h3>Outcomes</h3>
      <ul class="outcomes">
        {outcomes.map(({ outcome, count }) => (
          <li key={outcome} class={isFailure(outcome) ? 'outcome outcome-bad' : 'outcome'}>
            <span class="outcome-name">
              {isFailure(outcome) ? '✕ ' : ''}
              {outcome}
              {flagWords(outcome)}
            </span>
            <span class="outcome-bar" aria-hidden="true">
              <span style={{ width: `${Math.max(1, (count / total) * 100)}%` }} />
            </span>
            <span class="figure">
              {count.toLocaleString('en-US')} <span class="soft">{formatShare(count / total)}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const isFailure = (outcome: string) => /^(0 .|5\d\d)/.test(outcome);

/** Envoy's response flags that are met most (its documentation of access logs, %RESPONSE_FLAGS%). */
const FLAGS: Readonly<Record<string, string>> = {
  UH: 'no healthy host',
  UF: 'could not connect',
  UO: 'circuit breaker open',
  UT: 'timed out',
  UC: 'the connection was closed',
  URX: 'retries used up',
  NR: 'no route',
  NC: 'no such cluster',
  FI: 'fault injected',
  DI: 'delay injected',
  RL: 'rate limited',
  UAEX: 'refused by the authorizer',
  DC: 'the caller went away',
  UMSDR: 'the stream took too long',
};

function flagWords(outcome: string): string {
  const flag = outcome.split(' ')[1]?.split(',')[0] ?? '';
  const words = FLAGS[flag];
  return words === undefined ? '' : ` · ${words}`;
}
