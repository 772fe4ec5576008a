import type { RateLimitConfig, RateLimitConfigDescriptor } from '../../istio/schema/config-map.ts';
import type { RateUnit } from '../../model/rate-limit.ts';
import type { QuestionDescriptor } from '../../model/rate-limit-service.ts';

/**
 * The limits of one domain, as envoyproxy/ratelimit finds them: entry by entry down the tree, an exact value before a
 * `prefix*`, and that before the key alone. All entries must be there, and the last must have the limit.
 */
export interface FoundLimit {
  readonly requests: number;
  /** null = as many as they like. */
  readonly unit: RateUnit | null;
  readonly name: string;
  /** Counted, and never refused. */
  readonly isShadow: boolean;
  /** Names of limits that do not hold beside this one. */
  readonly replaces: readonly string[];
}

interface Node {
  readonly limit: FoundLimit | null;
  readonly children: LimitTree;
}

export class LimitTree {
  readonly #exact = new Map<string, Node>();
  readonly #prefixes: { readonly prefix: string; readonly node: Node }[] = [];

  constructor(descriptors: readonly RateLimitConfigDescriptor[]) {
    for (const descriptor of descriptors) {
      const { key = '', value = '' } = descriptor;
      const node = { limit: limitOf(descriptor), children: new LimitTree(descriptor.descriptors ?? []) };
      if (value.endsWith('*')) this.#prefixes.push({ prefix: nameOf(key, value.slice(0, -1)), node });
      else this.#exact.set(value === '' ? key : nameOf(key, value), node);
    }
  }

  get isEmpty(): boolean {
    return this.#exact.size + this.#prefixes.length === 0;
  }

  find(entries: QuestionDescriptor['entries']): FoundLimit | null {
    let tree: LimitTree = this;
    for (const [index, [key, value]] of entries.entries()) {
      const node = tree.#step(key, value);
      if (node === null) return null;
      if (index === entries.length - 1) return node.limit;
      tree = node.children;
    }
    return null;
  }

  #step(key: string, value: string): Node | null {
    const name = nameOf(key, value);
    const byPrefix = () => this.#prefixes.find(({ prefix }) => name.startsWith(prefix))?.node;
    return this.#exact.get(name) ?? byPrefix() ?? this.#exact.get(key) ?? null;
  }
}

const nameOf = (key: string, value: string) => `${key}_${value}`;

function limitOf({
  rate_limit: limit,
  shadow_mode: isShadow = false,
}: RateLimitConfigDescriptor): FoundLimit | null {
  if (limit === undefined) return null;
  const { unit, requests_per_unit: requests = 0, unlimited = false, name = '', replaces = [] } = limit;
  return {
    ...{ requests, name, isShadow },
    unit: unlimited || unit === undefined ? null : (unit.toUpperCase() as RateUnit),
    replaces: replaces.map((each) => each.name ?? ''),
  };
}

/** Several texts may be about one domain: their descriptors add up. */
export function createLimitTrees(configs: readonly RateLimitConfig[]): ReadonlyMap<string, LimitTree> {
  const byDomain = new Map<string, RateLimitConfigDescriptor[]>();
  for (const { domain = '', descriptors = [] } of configs)
    byDomain.set(domain, [...(byDomain.get(domain) ?? []), ...descriptors]);
  return new Map([...byDomain].map(([domain, descriptors]) => [domain, new LimitTree(descriptors)]));
}
