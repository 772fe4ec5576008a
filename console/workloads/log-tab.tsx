import { useEffect, useRef } from 'preact/hooks';
import type { LogView, WorkloadView } from '../../model/console.ts';
import { apiUrl } from '../api.ts';
import { Choice } from '../components/choice.tsx';
import { QueryView } from '../components/query-view.tsx';
import { SearchField } from '../components/search-field.tsx';
import { formatTime, plural } from '../format.ts';
import { useQuery } from '../query.ts';
import { place, setQuery } from '../router.ts';

const TAIL = 500;
const EVERY_MS = 2000;
/** Nearer than this to the end, a reader wants to see what comes. */
const NEAR_PX = 40;

export function LogTab({ workload }: { readonly workload: WorkloadView }) {
  const { query: choices } = place.value;
  const of = choices.get('of') === 'agent' && workload.proxy !== null ? 'agent' : 'app';
  const find = choices.get('find') ?? '';
  const isFollowing = choices.get('follow') !== 'off';
  const query = useQuery<LogView>(apiUrl('/api/logs', { workload: workload.name, of, tail: TAIL }), {
    topics: ['workloads'],
    everyMs: isFollowing ? EVERY_MS : 0,
  });
  return (
    <>
      <div class="tab-tools">
        {workload.proxy !== null && (
          <Choice
            label="Whose log"
            options={[
              { value: 'app', title: 'Application' },
              { value: 'agent', title: 'Agent' },
            ]}
            value={of}
            onChange={(value) => setQuery({ of: value === 'app' ? '' : value })}
          />
        )}
        <SearchField label="Only lines with" value={find} onInput={(value) => setQuery({ find: value })} />
        <label class="check">
          <input
            type="checkbox"
            checked={isFollowing}
            onChange={(event) => setQuery({ follow: event.currentTarget.checked ? '' : 'off' })}
          />
          Follow
        </label>
      </div>
      <QueryView query={query}>
        {(log) => <Log log={log} find={find} of={of} isFollowing={isFollowing} />}
      </QueryView>
    </>
  );
}

interface LogProps {
  readonly log: LogView;
  readonly find: string;
  readonly of: 'app' | 'agent';
  readonly isFollowing: boolean;
}

function Log({ log, find, of, isFollowing }: LogProps) {
  const box = useRef<HTMLDivElement>(null);
  const isNearEnd = useRef(true);
  const lines = log.lines.filter(({ text }) => text.toLowerCase().includes(find.toLowerCase()));
  useEffect(() => {
    const element = box.current;
    if (element !== null && isFollowing && isNearEnd.current) element.scrollTop = element.scrollHeight;
  }, [log, find, isFollowing]);
  if (log.problem !== '') return <p class="notice notice-warn">{log.problem}</p>;
  if (lines.length === 0) return <NoLines of={of} isFiltered={find !== ''} />;
  return (
    <>
      <div
        ref={box}
        class="log"
        role="log"
        aria-label="Log"
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it by keys
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          isNearEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
        }}
      >
        {lines.map(({ atMs, stream, text }, index) => (
          <div key={`${atMs} ${index}`} class={stream === 'stderr' ? 'log-line log-error' : 'log-line'}>
            <time dateTime={new Date(atMs).toISOString()}>{formatTime(atMs)}</time>
            <span>
              {stream === 'stderr' && <span class="log-stream">err </span>}
              {text}
            </span>
          </div>
        ))}
      </div>
      <p class="soft">
        The last {plural(lines.length, 'line')}
        {log.lines.length >= TAIL ? `; all of it: docker logs` : ''}.
      </p>
    </>
  );
}

function NoLines({ of, isFiltered }: { readonly of: 'app' | 'agent'; readonly isFiltered: boolean }) {
  if (isFiltered) return <p class="soft">No line has that in it.</p>;
  if (of === 'app') return <p class="soft">The application has written nothing yet.</p>;
  return (
    <p class="soft">
      The agent has nothing to tell. Access logs are off by default, as in Istio; a document{' '}
      <code>kind: Telemetry</code> with{' '}
      <code>
        accessLogging: [{'{'} providers: [{'{'} name: envoy {'}'}] {'}'}]
      </code>{' '}
      turns them on.
    </p>
  );
}
