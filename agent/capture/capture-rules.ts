import { AGENT_UID, INBOUND_SOURCE_ADDRESS, PORT } from '../../model/ports.ts';

/** Labels `traffic.sidecar.istio.io/…` as lists; empty = not given. `*` in an include list means all. */
export interface CaptureOptions {
  readonly excludeOutboundPorts: readonly string[];
  readonly includeOutboundPorts: readonly string[];
  readonly excludeOutboundRanges: readonly string[];
  readonly includeOutboundRanges: readonly string[];
  readonly excludeInboundPorts: readonly string[];
  readonly includeInboundPorts: readonly string[];
  /** The container's own name servers. */
  readonly nameservers: readonly string[];
  /** Whether the kernel knows zones of tracked connections; without them see {@link zoneRules}. */
  readonly hasZones: boolean;
}

/** Ports of the agent that are reached directly. */
const OPEN_PORTS = [PORT.agentStatus, PORT.agentReady, PORT.agentMetrics];

/**
 * The nftables table that brings a namespace's traffic into its agent, as one transaction: loading it twice changes
 * nothing, and a failure leaves everything as it was. It hooks in at -150, before Docker's own rules for its name
 * server at 127.0.0.11 (priority -100), which are never touched.
 */
export function captureRules(options: CaptureOptions): string {
  return `add table inet lateen
delete table inet lateen
table inet lateen {
${options.hasZones ? zoneRules : ''}  chain output {
    type nat hook output priority -150; policy accept;
${indent(outputRules(options))}
  }
  chain prerouting {
    type nat hook prerouting priority -150; policy accept;
${indent(preroutingRules(options))}
  }
}
`;
}

/**
 * A question that the agent passes on and one of the application are told apart by their port alone, which each chooses
 * at random, and the kernel remembers for 30 s and longer where a port's questions went: without a zone of its own the
 * agent's would lead a later one of the application around the agent, where names of the mesh are NXDOMAIN.
 */
const zoneRules = `  chain zones {
    type filter hook output priority -300; policy accept;
    meta skuid ${AGENT_UID} udp dport 53 ct original zone set 1
  }
`;

/**
 * Only what begins a connection is brought to the agent. Where nothing in the namespace has tracked connections so far,
 * as on the default bridge, one that was there before the agent looks new to the kernel in its midst: redirected, it
 * would be reset.
 */
const UNDER_WAY = 'tcp flags & (fin | syn | rst | ack) != syn return';

function outputRules(options: CaptureOptions): string[] {
  return [
    UNDER_WAY,
    // The agent's calls to its own application.
    `oifname "lo" ip saddr ${INBOUND_SOURCE_ADDRESS} return`,
    // The application calls itself by the container's own address: in again through the front door.
    `meta skuid ${AGENT_UID} oifname "lo" meta l4proto tcp ip daddr != 127.0.0.0/8 redirect to :${PORT.inboundCapture}`,
    `meta skuid ${AGENT_UID} return`,
    ...dnsRules(options.nameservers),
    'ip daddr 127.0.0.0/8 return',
    'ip6 daddr ::1 return',
    ...excluded(options.excludeOutboundPorts, (ports) => `tcp dport ${ports} return`),
    ...ranges(options.excludeOutboundRanges, 'return'),
    ...included(options),
  ];
}

/**
 * Docker's own name server at 127.0.0.11 asks the servers outside from within this namespace, as nobody that could be
 * told from the application: those questions must not come back to the agent, which would ask Docker again. Where it
 * is not there, as on the default bridge, questions to any address are the application's.
 */
function dnsRules(nameservers: readonly string[]): string[] {
  const redirect = (protocol: string) => `${protocol} dport 53 redirect to :${PORT.agentDns}`;
  if (!nameservers.some((address) => address.startsWith('127.'))) return [redirect('udp'), redirect('tcp')];
  const loopback = 'ip daddr 127.0.0.0/8';
  return [`${loopback} ${redirect('udp')}`, `${loopback} ${redirect('tcp')}`, 'tcp dport 53 return'];
}

/** Included ports are captured whatever the address; included ranges limit the rest (istio-iptables' order). */
function included(options: CaptureOptions): string[] {
  const redirect = `redirect to :${PORT.outboundCapture}`;
  const includedPorts = options.includeOutboundPorts.filter((port) => port !== '*');
  const rules = excluded(includedPorts, (ports) => `tcp dport ${ports} ${redirect}`);
  const included = options.includeOutboundRanges.filter((range) => range !== '*');
  if (included.length > 0) return [...rules, ...ranges(included, `meta l4proto tcp ${redirect}`)];
  if (includedPorts.length > 0 && !options.includeOutboundRanges.includes('*')) return rules;
  return [...rules, `meta l4proto tcp ${redirect}`];
}

function preroutingRules(options: CaptureOptions): string[] {
  const redirect = `redirect to :${PORT.inboundCapture}`;
  const open = [...OPEN_PORTS.map(String), ...options.excludeInboundPorts];
  const included = options.includeInboundPorts.filter((port) => port !== '*');
  return [
    UNDER_WAY,
    `tcp dport { ${open.join(', ')} } return`,
    included.length > 0 ? `tcp dport { ${included.join(', ')} } ${redirect}` : `meta l4proto tcp ${redirect}`,
  ];
}

function excluded(ports: readonly string[], rule: (ports: string) => string): string[] {
  return ports.length === 0 ? [] : [rule(`{ ${ports.join(', ')} }`)];
}

function ranges(list: readonly string[], verdict: string): string[] {
  return list.map((range) => `${range.includes(':') ? 'ip6' : 'ip'} daddr ${range} ${verdict}`);
}

const indent = (rules: readonly string[]) => rules.map((rule) => `    ${rule}`).join('\n');

const PORT_NUMBER = /^\d{1,5}$/;
const RANGE = /^[0-9a-fA-F.:]+(\/\d{1,3})?$/;

/** A comma-separated list of an environment variable. What is no port (or range) is left out, and told. */
export function parseList(
  text: string | undefined,
  kind: 'ports' | 'ranges',
  complain: (entry: string) => void,
): string[] {
  const pattern = kind === 'ports' ? PORT_NUMBER : RANGE;
  return (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => {
      if (entry === '') return false;
      const isValid = entry === '*' || (pattern.test(entry) && (kind === 'ranges' || Number(entry) <= 65535));
      if (!isValid) complain(entry);
      return isValid;
    });
}
