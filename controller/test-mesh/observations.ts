import { MAX_KEPT_OBSERVATIONS, type ObservedParty, type ObservedRequest } from '../../model/observation.ts';
import type { TestRequest, TestRequestQuery } from '../../model/test-mesh.ts';
import type { FindRule } from '../world/find-rule.ts';

/** The requests of a mesh of tests, in the order in which they came. */
export class Observations {
  readonly #max: number;
  #requests: TestRequest[] = [];
  /** Number of the newest. */
  mark = 0;
  /** So many had to make room for newer ones: those up to this number. */
  dropped = 0;

  constructor(max = MAX_KEPT_OBSERVATIONS) {
    this.#max = max;
  }

  add(requests: readonly ObservedRequest[], findRule: FindRule): void {
    for (const { rule, ...request } of requests)
      this.#requests.push({ ...request, number: ++this.mark, rule: findRule(rule) });
    const surplus = this.#requests.length - this.#max;
    if (surplus <= 0) return;
    // Some more than need be, so that it is not done each time.
    const some = surplus + Math.floor(this.#max / 10);
    this.#requests = this.#requests.slice(some);
    this.dropped += some;
  }

  find(query: TestRequestQuery): readonly TestRequest[] {
    const { to, from, since = 0, after = 0, reporter } = query;
    const told = reporter === undefined ? toldByCallers(this.#requests) : null;
    return this.#requests
      .filter(
        (request) =>
          request.number > after &&
          request.startMs >= since &&
          (reporter === undefined || request.reporter === reporter) &&
          (told === null || !isToldTwice(request, told)) &&
          (to === undefined || isTo(request, to)) &&
          (from === undefined || isNamed(request.source, from)),
      )
      .sort((a, b) => a.startMs - b.startMs);
  }
}

const keyOf = ({ requestId, destination }: TestRequest) => `${requestId} ${destination.app}`;

function toldByCallers(requests: readonly TestRequest[]): ReadonlySet<string> {
  return new Set(requests.filter(({ reporter }) => reporter === 'source').map(keyOf));
}

/** Both proxies on the way saw it: the caller's knows more, all attempts for one. */
function isToldTwice(request: TestRequest, told: ReadonlySet<string>): boolean {
  return request.reporter === 'destination' && request.source.workload !== '' && told.has(keyOf(request));
}

function isTo({ service, destination }: TestRequest, name: string): boolean {
  const [short = '', namespace = ''] = service.split('.');
  return name === service || isAnyOf(name, [short], namespace) || isNamed(destination, name);
}

function isNamed({ app, workload, namespace }: ObservedParty, name: string): boolean {
  return isAnyOf(name, [app, workload], namespace);
}

const isAnyOf = (name: string, known: readonly string[], namespace: string) =>
  known.some((each) => each !== '' && (name === each || name === `${each}.${namespace}`));
