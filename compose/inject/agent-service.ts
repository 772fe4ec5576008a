import { AGENT_ENV, CONTROL_DIRECTORY, RUN_DIRECTORY } from '../../model/agent-container.ts';
import { CAPTURE_LABELS } from '../../model/capture-labels.ts';
import { LABEL } from '../../model/labels.ts';
import { labelFields } from './label-files.ts';
import { CONTROL_VOLUME, type MeshParts } from './mesh-parts.ts';
import { type Fields, fieldsOf, isEmpty, listOf, mappingOf, Plain, textOf, type Value } from './value.ts';

/** Fields that belong to the network namespace, and so to who owns it. Docker refuses them to who joins one. */
export const MOVED = [
  ...['ports', 'expose', 'networks', 'network_mode', 'hostname', 'domainname', 'mac_address'],
  ...['dns', 'dns_search', 'dns_opt', 'extra_hosts', 'links', 'external_links'],
] as const;

export const agentName = (service: string): string => `${service}-lateen`;

const yes = new Plain('true');

/** What all agents have in common: the image, and the rights that the controller gives to its own too. */
export function commonFields({ image, controller }: MeshParts): Fields {
  return {
    image,
    command: ['agent'],
    restart: 'unless-stopped',
    ...(controller !== '' && { depends_on: { [controller]: { condition: 'service_started' } } }),
    volumes: [`${CONTROL_VOLUME}:${CONTROL_DIRECTORY}:ro`],
    tmpfs: [RUN_DIRECTORY],
    read_only: yes,
    cap_drop: ['ALL'],
    cap_add: ['NET_ADMIN', 'SETUID', 'SETGID', 'SETPCAP'],
    security_opt: ['no-new-privileges:true'],
    // The probe answers at once while it waits for the agent, and then seldom: see agent/supervisor/entrypoint.sh.
    healthcheck: {
      test: ['CMD', '/opt/lateen/entrypoint.sh', 'probe'],
      interval: '1s',
      timeout: '1m',
      retries: new Plain('3'),
      start_period: '2m',
    },
  };
}

/** What the agent of a service has beside that: a service of its own that owns the namespace. */
export function agentFields(service: string, app: Fields, isChosen: (service: string) => boolean): Fields {
  const labels = labelFields(app);
  return {
    labels: { [LABEL.role]: 'agent', [LABEL.agentOf]: service, ...copiedLabels(labels) },
    environment: { [AGENT_ENV.logLevel]: `\${LATEEN_LOG_LEVEL:-info}`, ...captured(labels) },
    ...namespaceFields(service, app, isChosen),
    ...pick(app, ['profiles', 'scale', 'userns_mode']),
  };
}

/** What the agent has of the application's own fields. */
function namespaceFields(service: string, app: Fields, isChosen: (service: string) => boolean): Fields {
  const moved = MOVED.filter((name) => name !== 'networks' && name !== 'links' && !isEmpty(app[name]));
  const links = linksOf(app, isChosen);
  const net = Object.entries(mappingOf(app['sysctls'])).filter(([name]) => isOfNetwork(name));
  return {
    ...pick(app, moved),
    ...(links.length > 0 && { links }),
    ...(isEmpty(app['network_mode']) && { networks: networksOf(service, app) }),
    ...(net.length > 0 && { sysctls: Object.fromEntries(net) }),
  };
}

/** Kernel settings of a network namespace; others are of the application's own. */
export const isOfNetwork = (sysctl: string): boolean => sysctl.startsWith('net.');

/** Other services go on finding the application by its names, which Docker would give to its own container. */
function networksOf(service: string, app: Fields): Fields {
  const networks = mappingOf(app['networks']);
  const named = Object.keys(networks).length === 0 ? { default: new Plain('null') } : networks;
  const names = [service, ...(isEmpty(app['container_name']) ? [] : [app['container_name'] as Value])];
  return Object.fromEntries(
    Object.entries(named).map(([network, value]) => {
      const fields = fieldsOf(value);
      const aliases = listOf(fields['aliases']);
      const known = new Set(aliases.map(textOf));
      return [
        network,
        { ...fields, aliases: [...names.filter((name) => !known.has(textOf(name))), ...aliases] },
      ];
    }),
  );
}

/** A linked service that has an agent itself is reached at that. */
export function linksOf(app: Fields, isChosen: (service: string) => boolean): Value[] {
  return listOf(app['links']).map((link) => {
    const [service = '', alias = service] = textOf(link).split(':');
    return isChosen(service) ? `${agentName(service)}:${alias}` : link;
  });
}

/**
 * Labels that say what the agent is in the mesh before its application is there. All others are read from the
 * application's container: on two containers they would tell other tools that there are two applications.
 */
function copiedLabels(labels: Fields): Fields {
  const isCopied = (name: string) =>
    [LABEL.app, LABEL.version, LABEL.locality, 'istio'].includes(name) ||
    name.startsWith('lateen.') ||
    /(^|\.)(istio|kubernetes)\.io\//.test(name);
  const isLeft = (name: string) => [LABEL.inject, LABEL.istioInject, LABEL.role].includes(name as never);
  return Object.fromEntries(Object.entries(labels).filter(([name]) => isCopied(name) && !isLeft(name)));
}

function captured(labels: Fields): Fields {
  const given = CAPTURE_LABELS.filter(([label]) => labels[label] !== undefined);
  return Object.fromEntries(given.map(([label, variable]) => [variable, labels[label] as Value]));
}

function pick(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(
    names.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name] as Value]),
  );
}
