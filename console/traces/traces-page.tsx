import { useMemo } from 'preact/hooks';
import type { ConfigFileView, ServiceView, TraceSummary } from '../../model/console.ts';
import { EmptyState } from '../components/empty-state.tsx';
import { Page } from '../components/page.tsx';
import { QueryView } from '../components/query-view.tsx';
import { edited, freeName } from '../config/draft.ts';
import { drafts } from '../config/drafts-store.ts';
import { configPath } from '../paths.ts';
import { useQuery } from '../query.ts';
import { navigate, place } from '../router.ts';
import { ANY_TRACE, problemOf, queryOf, readSearch, writeSearch } from './search.ts';
import { SearchForm } from './search-form.tsx';
import { TraceList } from './trace-list.tsx';
import './traces.css';

export default function TracesPage() {
  const { query } = place.value;
  const search = useMemo(() => readSearch(query), [query]);
  const services = useQuery<ServiceView[]>('/api/services', { topics: ['services'] }).data;
  const isAskable = problemOf(search) === '';
  const traces = useQuery<TraceSummary[]>(isAskable ? `/api/traces?${queryOf(search)}` : null, {
    topics: ['traces'],
    keepsFormer: true,
  });
  return (
    <Page title="Traces">
      <SearchForm
        search={search}
        services={(services ?? [])
          .filter(({ kind }) => kind !== 'external')
          .map(({ name, namespace }) => `${name}.${namespace}`)}
        onSearch={(next) => {
          const text = writeSearch(next).toString();
          navigate(text === '' ? '/traces' : `/traces?${text}`, { replace: true });
        }}
      />
      {isAskable && (
        <QueryView query={traces}>
          {(found) => (
            <Found
              traces={found}
              isFiltered={writeSearch({ ...search, limit: ANY_TRACE.limit }).toString() !== ''}
              limit={search.limit}
            />
          )}
        </QueryView>
      )}
    </Page>
  );
}

function Found({
  traces,
  isFiltered,
  limit,
}: {
  readonly traces: readonly TraceSummary[];
  readonly isFiltered: boolean;
  readonly limit: number;
}) {
  if (traces.length === 0) return isFiltered ? <NoMatch /> : <NoTraces />;
  return (
    <>
      <TraceList traces={traces} />
      {traces.length >= limit && limit < MOST && (
        <p class="traces-more">
          <button type="button" onClick={() => showMore(limit)}>
            Show more
          </button>
        </p>
      )}
    </>
  );
}

/** More the controller does not give. */
const MOST = 500;

function showMore(limit: number): void {
  const search = { ...readSearch(place.peek().query), limit: Math.min(MOST, limit * 4) };
  navigate(`/traces?${writeSearch(search)}`, { replace: true });
}

function NoMatch() {
  return (
    <EmptyState title="No trace fits" icon="search">
      <p>
        A trace is found if one of its spans fits. Take a condition away, or a longer time. Of headers the
        spans keep <code>x-request-id</code> and <code>user-agent</code>, and those that a Telemetry has as{' '}
        <code>customTags</code>. Only a part of all requests is traced: 1 % unless Telemetry says otherwise.
      </p>
    </EmptyState>
  );
}

const SAMPLE_ALL = `# Every request gets a trace. Istio's default is 1 %.
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata:
  name: mesh-default
  namespace: istio-system
spec:
  tracing:
    - randomSamplingPercentage: 100
`;

function NoTraces() {
  const files = useQuery<ConfigFileView[]>('/api/config', { topics: ['config'] }).data ?? [];
  const open = () => {
    const file = freeName('tracing.yaml', [...files.map((each) => each.file), ...Object.keys(drafts.peek())]);
    drafts.value = edited(drafts.peek(), file, SAMPLE_ALL, undefined);
    navigate(configPath({ file, line: 0 }));
  };
  return (
    <EmptyState title="No traces yet" icon="traces">
      <p>
        Of all requests 1 % get a trace, as with Istio. While you look around you will want more: this
        Telemetry gives one to each.
      </p>
      <pre>{SAMPLE_ALL}</pre>
      <button type="button" class="primary" onClick={open}>
        Open it in the editor
      </button>
      <p>
        A single request is traced if its caller asks for it: <code>curl -H "x-b3-sampled: 1" …</code>
      </p>
    </EmptyState>
  );
}
