import { useMemo, useState } from 'preact/hooks';
import type { TraceView } from '../../model/console.ts';
import { apiUrl } from '../api.ts';
import { EmptyState } from '../components/empty-state.tsx';
import { Page } from '../components/page.tsx';
import { QueryView } from '../components/query-view.tsx';
import { formatDateTime, formatMs, plural } from '../format.ts';
import { useQuery } from '../query.ts';
import { SpanPanel } from './span-panel.tsx';
import { layOut, rowId } from './waterfall.ts';
import { WaterfallView } from './waterfall-view.tsx';
import './traces.css';

const PARENT = { href: '/traces', title: 'Traces' };

export default function TracePage({ params }: { readonly params: Readonly<Record<string, string>> }) {
  const id = params['id'] ?? '';
  const trace = useQuery<TraceView>(apiUrl('/api/trace', { id }), { topics: ['traces'] });
  if (trace.data === undefined && trace.failure?.status === 404)
    return (
      <Page title="Trace" parent={PARENT}>
        <EmptyState title="This trace is not kept" icon="traces">
          <p>
            The store has room for a limited number of spans, and the oldest go first. Or it has not been
            reported yet: proxies send their spans once a second.
          </p>
          <code>{id}</code>
        </EmptyState>
      </Page>
    );
  if (trace.data === undefined)
    return (
      <Page title="Trace" parent={PARENT}>
        <QueryView query={trace}>{() => null}</QueryView>
      </Page>
    );
  return <Trace trace={trace.data} />;
}

function Trace({ trace }: { readonly trace: TraceView }) {
  const waterfall = useMemo(() => layOut(trace), [trace]);
  const [selected, setSelected] = useState<string | null>(null);
  const row = waterfall.rows.find((each) => rowId(each) === selected);
  const first = waterfall.rows[0]?.span;
  return (
    <Page
      title={first === undefined ? 'Trace' : first.service}
      parent={PARENT}
      isFull
      lead={first !== undefined && <span class="soft">{first.name}</span>}
    >
      <dl class="trace-head">
        <Fact name="Duration" value={formatMs(waterfall.durationMs)} />
        <Fact name="Begun" value={first === undefined ? '–' : formatDateTime(first.startUs / 1000)} />
        <Fact name="Spans" value={plural(trace.spans.length, 'span')} />
        <Fact name="Services" value={plural(waterfall.services.length, 'service')} />
        <Fact name="Trace" value={trace.traceId} isMono />
      </dl>
      <div class="trace-body">
        <div class="trace-spans">
          <WaterfallView waterfall={waterfall} selected={selected} onSelect={setSelected} />
          <p class="waterfall-note soft">
            Underlined: what the answer waited for. Arrow keys go from span to span, Enter tells more.
          </p>
        </div>
        {row !== undefined && <SpanPanel row={row} onClose={() => setSelected(null)} />}
      </div>
    </Page>
  );
}

function Fact({
  name,
  value,
  isMono = false,
}: {
  readonly name: string;
  readonly value: string;
  readonly isMono?: boolean;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={isMono ? 'mono' : 'figure'}>{value}</dd>
    </div>
  );
}
