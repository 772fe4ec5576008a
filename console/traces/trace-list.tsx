import type { TraceSummary } from '../../model/console.ts';
import { Badge } from '../components/badge.tsx';
import { formatAgo, formatDateTime, formatMs, plural } from '../format.ts';
import { tracePath } from '../paths.ts';

/** One line each, with a bar as long as it took. */
export function TraceList({ traces }: { readonly traces: readonly TraceSummary[] }) {
  const longest = Math.max(1, ...traces.map(({ durationMs }) => durationMs));
  return (
    <ul class="traces" aria-label="Traces">
      {traces.map((trace) => (
        <li key={trace.traceId}>
          <TraceLink trace={trace} share={trace.durationMs / longest} />
        </li>
      ))}
    </ul>
  );
}

function TraceLink({ trace, share }: { readonly trace: TraceSummary; readonly share: number }) {
  const { traceId, service, name, durationMs, services, spans, startMs } = trace;
  return (
    <a class="trace" href={tracePath(traceId)}>
      <span class="trace-name">
        <strong>{service}</strong> <span class="soft">{name}</span>
      </span>
      <Outcome trace={trace} />
      <span class="trace-time">
        <span class="trace-bar" aria-hidden="true">
          <span
            class={trace.isError ? 'trace-length trace-bad' : 'trace-length'}
            style={{ width: `${share * 100}%` }}
          />
        </span>
        <span class="figure">{formatMs(durationMs)}</span>
      </span>
      <span class="trace-facts soft">
        {plural(spans, 'span')}, {plural(services.length, 'service')}
      </span>
      <time
        class="trace-when soft"
        dateTime={new Date(startMs).toISOString()}
        title={formatDateTime(startMs)}
      >
        {formatAgo(startMs, Date.now())}
      </time>
    </a>
  );
}

function Outcome({ trace: { isError, status } }: { readonly trace: TraceSummary }) {
  const words = status === 0 ? (isError ? 'failed' : 'done') : String(status);
  return (
    <span class="trace-outcome">
      <Badge tone={isError ? 'bad' : status >= 400 ? 'warn' : 'ok'}>{words}</Badge>
    </span>
  );
}
