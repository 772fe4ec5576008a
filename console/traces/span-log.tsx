import type { LogView } from '../../model/console.ts';
import { apiUrl } from '../api.ts';
import { workloadPath } from '../paths.ts';
import { useQuery } from '../query.ts';

const TAIL = 2000;

/** The access log line of a span's request, found by its id in the log of the proxy that reported it. */
export function SpanLog({ workload, requestId }: { readonly workload: string; readonly requestId: string }) {
  const isFindable = workload !== '' && requestId !== '';
  const url = isFindable ? apiUrl('/api/logs', { workload, of: 'agent', tail: TAIL }) : null;
  const { data } = useQuery<LogView>(url, { topics: [] });
  if (!isFindable) return null;
  const lines = data?.lines.filter(({ text }) => text.includes(requestId)) ?? [];
  return (
    <section class="span-log">
      <h3>Log</h3>
      {lines.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
        <pre tabIndex={0}>{lines.map(({ text }) => text).join('\n')}</pre>
      )}
      {data !== undefined && lines.length === 0 && <NoLine problem={data.problem} />}
      <p>
        <a href={workloadPath(workload)}>Logs of {workload}</a>
      </p>
    </section>
  );
}

function NoLine({ problem }: { readonly problem: string }) {
  if (problem !== '') return <p class="soft">{problem}</p>;
  return (
    <p class="soft">
      No line of this request. Access logs are off unless a Telemetry or{' '}
      <code>accessLogFile: /dev/stdout</code> in the MeshConfig turns them on.
    </p>
  );
}
