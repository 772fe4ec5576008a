// What the graph says of its parts, for labels and for who hears it read.
import type { GraphEdge, GraphNode } from '../../model/console.ts';
import { formatBytes, formatMs, formatRate, formatShare, plural } from '../format.ts';
import type { FiguresSum, SceneNode } from './graph-scene.ts';
import { isIdle, shortName } from './graph-scene.ts';

export const MARKS = { ok: '●', warn: '▲', bad: '✕', idle: '○' } as const;

export function nodeName({ kind, label, app, version }: GraphNode): string {
  if (kind === 'service') return `${shortName(label)} (no reply)`;
  return `${app === '' ? label : app}${version === '' ? '' : ` ${version}`}`;
}

/** Short: stands on the node. */
export function sumWords({ requestsPerSecond, openConnections }: FiguresSum): string {
  if (requestsPerSecond > 0) return formatRate(requestsPerSecond);
  return openConnections > 0 ? `${openConnections} conn.` : 'idle';
}

export function readinessWords({ containers, unready, unsynced }: GraphNode): string {
  const words = [];
  if (unready > 0) words.push(`${unready} of ${plural(containers, 'container')} not ready`);
  if (unsynced > 0) words.push(`${plural(unsynced, 'proxy', 'proxies')} without the newest configuration`);
  return words.join(', ');
}

export function nodeWords({ node, sum }: SceneNode): string {
  const words = [nodeName(node), sumWords(sum)];
  if (sum.errorShare > 0) words.push(`${formatShare(sum.errorShare)} errors`);
  const readiness = readinessWords(node);
  return (readiness === '' ? words : [...words, readiness]).join(', ');
}

export const mtlsWords = (mtls: GraphEdge['mtls']): string =>
  ({ all: 'mutual TLS', some: 'mutual TLS in part', none: 'no mutual TLS' })[mtls];

/** Where nobody answered there is no certificate to speak of. */
export const hasPeer = ({ target }: GraphEdge): boolean => !target.startsWith('service/');

export function edgeWords(edge: GraphEdge, from: string, to: string): string {
  const { figures, protocol, mtls } = edge;
  const words = [`${from} calls ${to}`, protocol, ...(hasPeer(edge) ? [mtlsWords(mtls)] : [])];
  if (isIdle(figures)) return [...words, 'idle'].join(', ');
  if (protocol === 'tcp') words.push(`${figures.openConnections} connections`, bytesWords(edge));
  else words.push(formatRate(figures.requestsPerSecond), `p95 ${formatMs(figures.p95)}`);
  if (figures.errorShare > 0) words.push(`${formatShare(figures.errorShare)} errors`);
  return words.join(', ');
}

export const bytesWords = ({ figures }: GraphEdge): string =>
  `${formatBytes(figures.bytesInPerSecond + figures.bytesOutPerSecond)}/s`;
