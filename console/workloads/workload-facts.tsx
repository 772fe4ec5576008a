import type { WorkloadView } from '../../model/console.ts';
import { Facts } from '../components/facts.tsx';
import { VerdictBadge } from '../components/verdict-badge.tsx';
import { formatAgo, formatDateTime } from '../format.ts';
import { certificateVerdict, containerVerdict, syncVerdict } from '../health.ts';
import { servicePath } from '../paths.ts';
import { useServices } from '../queries.ts';

interface Props {
  readonly workload: WorkloadView;
  readonly nowMs: number;
}

export function ProxyFacts({ workload, nowMs }: Props) {
  const { proxy, sync, identity, certificate } = workload;
  if (proxy === null)
    return (
      <p class="soft">
        It has none: others call it as a host outside. The label <code>lateen.inject: "true"</code> gives it
        one.
      </p>
    );
  return (
    <Facts
      facts={[
        ['Configuration', <VerdictBadge key="sync" verdict={syncVerdict(workload)} />],
        ['Version', sync.version !== '' && <code>{sync.version.slice(0, 16)}</code>],
        ['Last answer', sync.lastReplyMs > 0 && `${formatAgo(sync.lastReplyMs, nowMs)}`],
        ['Last error', sync.lastError],
        ['Identity', identity !== '' && <code>{identity}</code>],
        [
          'Certificate',
          <span key="certificate" class="links">
            <VerdictBadge verdict={certificateVerdict(workload, nowMs)} />
            {certificate !== null && (
              <span title={formatDateTime(certificate.notAfterMs)}>
                expires {formatAgo(certificate.notAfterMs, nowMs)}
              </span>
            )}
          </span>,
        ],
        ['Serial', certificate !== null && <code>{certificate.serial}</code>],
      ]}
    />
  );
}

export function ContainerFacts({ workload, nowMs }: Props) {
  const { state, image, startedAt, addresses, openPorts, id } = workload;
  const { data: services = [] } = useServices();
  const own = services.filter(({ endpoints }) =>
    endpoints.some((endpoint) => endpoint.workload === workload.name),
  );
  return (
    <Facts
      facts={[
        ['State', <VerdictBadge key="state" verdict={containerVerdict(workload)} title={state} />],
        ['Image', <code key="image">{imageName(image)}</code>],
        ['Started', startedAt !== '' && `${formatAgo(Date.parse(startedAt), nowMs)}`],
        [
          'Addresses',
          <span key="addresses" class="mono">
            {addresses.join(', ')}
          </span>,
        ],
        ['Open ports', openPorts === null ? 'not known' : openPorts.join(', ') || 'none'],
        [
          'Services',
          own.length > 0 && (
            <span class="links">
              {own.map(({ namespace, name }) => (
                <a key={`${namespace}/${name}`} href={servicePath(namespace, name)}>
                  {name}
                </a>
              ))}
            </span>
          ),
        ],
        ['Id', <code key="id">{id.slice(0, 12)}</code>],
      ]}
    />
  );
}

/** Of an image whose name went to a newer one Docker tells the digest alone. */
const imageName = (image: string) => (/^sha256:/.test(image) ? `${image.slice(0, 19)}…` : image);

export function Labels({ workload }: { readonly workload: WorkloadView }) {
  const labels = Object.entries(workload.labels).sort(([a], [b]) => (a < b ? -1 : 1));
  if (labels.length === 0) return <p class="soft">None.</p>;
  return (
    <ul class="label-list">
      {labels.map(([name, value]) => (
        <li key={name}>
          <code>
            {name}: {value}
          </code>
        </li>
      ))}
    </ul>
  );
}
