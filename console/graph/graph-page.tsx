import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { GraphView } from '../../model/console.ts';
import { apiUrl } from '../api.ts';
import { Choice, TimeRange } from '../components/choice.tsx';
import { EmptyState } from '../components/empty-state.tsx';
import { useStatus } from '../components/frame.tsx';
import { Page } from '../components/page.tsx';
import { QueryView } from '../components/query-view.tsx';
import { useQuery } from '../query.ts';
import { place, setQuery } from '../router.ts';
import { GraphCanvas } from './graph-canvas.tsx';
import { GraphLegend } from './graph-legend.tsx';
import { GraphPanel } from './graph-panel.tsx';
import { isIdle, namespacesOf, type SceneFilter, sceneOf } from './graph-scene.ts';
import type { Direction } from './graph-shapes.ts';
import { GraphTable } from './graph-table.tsx';
import { createLayoutKeeper } from './layout-keeper.ts';
import { Replay } from './replay.tsx';
import './graph.css';

const DEFAULT_SECONDS = 60;
/** Windows of time slide on without an event too. */
const EVERY_MS = 4000;
const MOTION_KEY = 'lateen.motion';

/** What is chosen stands in the address, so that a view can be sent to somebody, and pages can link to it. */
function choices() {
  const { query } = place.value;
  return {
    seconds: Number(query.get('seconds')) || DEFAULT_SECONDS,
    until: Number(query.get('until')) || 0,
    namespace: query.get('namespace') ?? '',
    hidesIdle: query.get('idle') === 'hidden',
    isTable: query.get('as') === 'table',
    selected: query.get('selected') ?? '',
  };
}

export default function GraphPage() {
  const { seconds, until, namespace, hidesIdle, isTable, selected } = choices();
  const [isMoving, setMoving] = useMotion();
  const query = useQuery<GraphView>(apiUrl('/api/graph', { seconds, until }), {
    topics: until === 0 ? ['traffic', 'workloads'] : [],
    everyMs: until === 0 ? EVERY_MS : 0,
    keepsFormer: true,
  });
  const { data: status } = useStatus();
  const namespaces = namespacesOf(query.data?.nodes ?? []);
  const actions = (
    <>
      {namespaces.length > 1 && (
        <select
          aria-label="Namespace"
          value={namespace}
          onChange={(event) => setQuery({ namespace: event.currentTarget.value })}
        >
          <option value="">All namespaces</option>
          {namespaces.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      )}
      <label class="check">
        <input
          type="checkbox"
          checked={hidesIdle}
          onChange={(event) => setQuery({ idle: event.currentTarget.checked ? 'hidden' : '' })}
        />
        Hide idle
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={isMoving}
          onChange={(event) => setMoving(event.currentTarget.checked)}
        />
        Motion
      </label>
      <Choice
        label="Show as"
        options={[
          { value: 'graph', title: 'Graph' },
          { value: 'table', title: 'Table' },
        ]}
        value={isTable ? 'table' : 'graph'}
        onChange={(as) => setQuery({ as: as === 'graph' ? '' : as })}
      />
      <TimeRange
        value={seconds}
        onChange={(value) => setQuery({ seconds: value === DEFAULT_SECONDS ? '' : String(value) })}
      />
    </>
  );
  return (
    <Page title="Graph" actions={actions} isFull>
      <QueryView query={query}>
        {(view) => (
          <GraphBody
            {...{ view, seconds, until, isTable, selected, isMoving }}
            filter={{ namespace, hidesIdle }}
            nowMs={until === 0 ? view.untilMs : (status?.nowMs ?? view.untilMs)}
            oldestMs={status?.oldestTrafficMs ?? view.fromMs}
          />
        )}
      </QueryView>
    </Page>
  );
}

interface GraphBodyProps {
  readonly view: GraphView;
  readonly filter: SceneFilter;
  readonly seconds: number;
  readonly until: number;
  readonly isTable: boolean;
  readonly selected: string;
  readonly isMoving: boolean;
  readonly nowMs: number;
  readonly oldestMs: number;
}

function GraphBody(props: GraphBodyProps) {
  const { view, filter, seconds, until, isTable, selected, isMoving, nowMs, oldestMs } = props;
  const scene = useMemo(() => sceneOf(view, filter), [view, filter.namespace, filter.hidesIdle]);
  const keeper = useMemo(createLayoutKeeper, []);
  const direction = useDirection();
  const layout = useMemo(() => keeper.place(scene, direction), [scene, direction]);
  const select = (id: string) => setQuery({ selected: id });
  if (view.nodes.length === 0) return <NoMesh />;
  return (
    <div class="graph">
      <div class="graph-main">
        {view.edges.every(({ figures }) => isIdle(figures)) && <NoTraffic seconds={seconds} />}
        {isTable ? (
          <GraphTable scene={scene} onSelect={select} />
        ) : scene.cards.length === 0 ? (
          <EmptyState title="Nothing to show" icon="graph">
            <p>All of it is idle, or in another namespace. Take a filter away, or choose a longer time.</p>
          </EmptyState>
        ) : (
          <>
            <GraphCanvas
              {...{ scene, layout, selected, isMoving }}
              showsNamespaces={namespacesOf(view.nodes).length > 1}
              onSelect={select}
            />
            <GraphLegend />
          </>
        )}
        <Replay
          {...{ nowMs, oldestMs, until }}
          onChange={(ms) => setQuery({ until: ms === 0 ? '' : String(ms) })}
        />
      </div>
      {selected !== '' && <GraphPanel {...{ view, scene, selected, seconds, until }} onSelect={select} />}
    </div>
  );
}

function NoMesh() {
  return (
    <EmptyState title="No container is in the mesh yet" icon="graph">
      <p>
        Label a service of your compose file, and start it. Its agent is there within a moment, and it appears
        here.
      </p>
      <pre>{`services:
  reviews:
    labels: { app: reviews, version: v1, lateen.inject: "true" }`}</pre>
      <p>
        <code>docker compose up -d</code>
      </p>
    </EmptyState>
  );
}

function NoTraffic({ seconds }: { readonly seconds: number }) {
  return (
    <p class="notice graph-notice">
      No traffic in the last {seconds === 60 ? 'minute' : `${seconds / 60} minutes`}. Send some through the
      gateway, and lines appear: <code>curl http://127.0.0.1:8080/</code>
    </p>
  );
}

const NARROW = '(max-width: 760px)';

function useDirection(): Direction {
  const media = useRef(matchMedia(NARROW)).current;
  const [isNarrow, setNarrow] = useState(media.matches);
  useEffect(() => {
    const onChange = () => setNarrow(media.matches);
    media.addEventListener('change', onChange);
    return () => media.removeEventListener('change', onChange);
  }, []);
  return isNarrow ? 'down' : 'right';
}

/** Moving dots can be stopped by everybody (WCAG 2.2.2), and do not start for who asked the system for less motion. */
function useMotion(): readonly [boolean, (isMoving: boolean) => void] {
  const [isMoving, setMoving] = useState(() => {
    try {
      const kept = localStorage.getItem(MOTION_KEY);
      if (kept !== null) return kept === 'on';
    } catch {
      // Storage is forbidden.
    }
    return !matchMedia('(prefers-reduced-motion: reduce)').matches;
  });
  const keep = (next: boolean) => {
    setMoving(next);
    try {
      localStorage.setItem(MOTION_KEY, next ? 'on' : 'off');
    } catch {
      // It holds until the page is left.
    }
  };
  return [isMoving, keep];
}
