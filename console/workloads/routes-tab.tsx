// The routes of a proxy as a person would say them, in the order in which they are tried.
import { useState } from 'preact/hooks';
import type { RouteView, WorkloadView } from '../../model/console.ts';
import { apiUrl } from '../api.ts';
import { matches } from '../components/list-filter.ts';
import { QueryView } from '../components/query-view.tsx';
import { RuleLink } from '../components/rule-link.tsx';
import { SearchField } from '../components/search-field.tsx';
import { plural } from '../format.ts';
import { useQuery } from '../query.ts';

interface Host {
  readonly key: string;
  readonly direction: RouteView['direction'];
  readonly listener: string;
  readonly domains: readonly string[];
  readonly routes: readonly RouteView[];
}

const DIRECTIONS = {
  gateway: 'Comes in at the gateway',
  inbound: 'Comes in',
  outbound: 'Goes out',
} as const;

export function RoutesTab({ workload }: { readonly workload: WorkloadView }) {
  const [search, setSearch] = useState('');
  const query = useQuery<readonly RouteView[]>(apiUrl('/api/routes', { proxy: workload.name }), {
    topics: ['config', 'services', 'workloads'],
  });
  return (
    <QueryView query={query}>
      {(routes) => {
        const found = routes.filter((route) => isFound(route, search));
        return (
          <>
            <div class="tab-tools">
              <SearchField label="Search routes" value={search} onInput={setSearch} />
              <span class="soft">{plural(found.length, 'route')}</span>
            </div>
            {found.length === 0 && <p class="soft">No route has “{search}” in it.</p>}
            {(['gateway', 'inbound', 'outbound'] as const).map((direction) => (
              <DirectionRoutes
                key={direction}
                title={DIRECTIONS[direction]}
                hosts={hostsOf(found, direction)}
              />
            ))}
          </>
        );
      }}
    </QueryView>
  );
}

const isFound = ({ listener, domains, match, action, extras, rule }: RouteView, search: string) =>
  matches(search, listener, match, action, rule?.name ?? '', ...domains, ...extras);

function hostsOf(routes: readonly RouteView[], direction: RouteView['direction']): Host[] {
  const own = routes.filter((route) => route.direction === direction);
  const groups = Map.groupBy(own, ({ listener, domains }) => `${listener} ${domains.join(' ')}`);
  const hosts = [...groups].map(([key, group]) => {
    const [first] = group as [RouteView, ...RouteView[]];
    return { key, direction, listener: first.listener, domains: first.domains, routes: group };
  });
  // What somebody wrote a rule for is what is looked for.
  const hasRule = ({ routes: own }: Host) => own.some(({ rule }) => rule !== null);
  return [...hosts.filter(hasRule), ...hosts.filter((host) => !hasRule(host))];
}

function DirectionRoutes({ title, hosts }: { readonly title: string; readonly hosts: readonly Host[] }) {
  if (hosts.length === 0) return null;
  return (
    <section class="route-direction">
      <h2>{title}</h2>
      {hosts.map((host) => (
        <article key={host.key} class="route-host">
          <header>
            <h3>{nameOf(host)}</h3>
            {host.domains.length > 1 && (
              <span class="soft" title={host.domains.join('\n')}>
                and {plural(host.domains.length - 1, 'other name')}
              </span>
            )}
            {nameOf(host) !== host.listener.replace('_', ':') && (
              <code class="route-listener">{host.listener}</code>
            )}
          </header>
          <ol>
            {host.routes.map((route, index) => (
              <RouteLine key={index} route={route} />
            ))}
          </ol>
        </article>
      ))}
    </section>
  );
}

/** Each virtual address has a listener of its own, which takes every host: its address says more. */
function nameOf({ domains, listener, direction }: Host): string {
  const [first = '*'] = domains;
  if (first !== '*') return first;
  return direction === 'outbound' && /^[\d.]+_\d+$/.test(listener) ? listener.replace('_', ':') : 'any host';
}

/** What Istio gives a route that says nothing of retries. */
const ISTIO_RETRIES =
  '2 retries on connect-failure, refused-stream, unavailable, cancelled, retriable-status-codes';

function RouteLine({ route }: { readonly route: RouteView }) {
  const { match, action, extras, rule } = route;
  return (
    <li class="route">
      <span class="route-match">{match === 'any' ? 'any request' : match}</span>
      <span class="route-arrow" aria-hidden="true">
        →
      </span>
      <span class="route-action">
        {action}
        {extras.map((extra) => (
          <span
            key={extra}
            class={rule === null || extra === ISTIO_RETRIES ? 'route-default' : 'route-extra'}
          >
            {extra}
          </span>
        ))}
      </span>
      <span class="route-rule">
        {rule === null ? <span class="soft">by default</span> : <RuleLink rule={rule} />}
      </span>
    </li>
  );
}
