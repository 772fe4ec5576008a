import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { EmptyState } from './components/empty-state.tsx';
import { Frame } from './components/frame.tsx';
import { connection } from './events.ts';
import { matchPath } from './paths.ts';
import { reloadOnce } from './reload.ts';
import { place, type RoutedProps } from './router.ts';

interface Route {
  readonly pattern: string;
  readonly load: () => Promise<{ readonly default: ComponentType<RoutedProps> }>;
}

/** Each page is a file of its own, loaded when it is first opened. */
const ROUTES: readonly Route[] = [
  { pattern: '/graph', load: () => import('./graph/graph-page.tsx') },
  { pattern: '/services', load: () => import('./services/services-page.tsx') },
  { pattern: '/services/:namespace/:name', load: () => import('./services/service-page.tsx') },
  { pattern: '/workloads', load: () => import('./workloads/workloads-page.tsx') },
  { pattern: '/workloads/:name', load: () => import('./workloads/workload-page.tsx') },
  { pattern: '/config', load: () => import('./config/config-page.tsx') },
  { pattern: '/history', load: () => import('./config/history-page.tsx') },
  { pattern: '/traces', load: () => import('./traces/traces-page.tsx') },
  { pattern: '/traces/:id', load: () => import('./traces/trace-page.tsx') },
];

export function App() {
  const { path } = place.value;
  return (
    <Frame path={path}>
      <RoutedPage path={path} />
    </Frame>
  );
}

type Loaded = { readonly page: ComponentType<RoutedProps> | null; readonly route: Route };

function RoutedPage({ path }: { readonly path: string }) {
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const found = findRoute(path);
  const route = found?.route;
  useEffect(() => {
    let isWanted = true;
    const show = (page: Loaded['page']) => isWanted && route !== undefined && setLoaded({ page, route });
    route?.load().then(
      (module) => show(module.default),
      () => show(null),
    );
    return () => {
      isWanted = false;
    };
  }, [route]);
  if (found === null) return <UnknownPage />;
  if (loaded === null || loaded.route !== route) return <div class="page-loading" />;
  const Page = loaded.page;
  return Page === null ? <OutdatedPage /> : <Page key={path} params={found.params} />;
}

function findRoute(path: string) {
  for (const route of ROUTES) {
    const params = matchPath(route.pattern, path);
    if (params !== null) return { route, params };
  }
  return null;
}

function UnknownPage() {
  return (
    <EmptyState title="There is no such page" icon="lost">
      <p>
        The address may be mistyped. The <a href="/graph">graph</a> is a good place to start.
      </p>
    </EmptyState>
  );
}

/** Its file could not be had: the network changed just then, or the controller was replaced by another version. */
function OutdatedPage() {
  const { state } = connection.value;
  useEffect(() => {
    if (state === 'open') reloadOnce();
  }, [state]);
  return (
    <EmptyState title="This page could not be loaded" icon="lost">
      <p>The controller is away, or is of another version now than when this console was opened.</p>
      <button type="button" onClick={() => window.location.reload()}>
        Load the console again
      </button>
    </EmptyState>
  );
}
