import { findKnown, type Known, type KnownService } from './known.ts';
import type { Cursor } from './yaml-cursor.ts';

export interface Offer {
  readonly label: string;
  readonly insert: string;
  /** In a word: what it is. */
  readonly detail: string;
  /** In a sentence: what it does. */
  readonly info: string;
  readonly type: 'property' | 'enum' | 'class' | 'constant';
  /** Before the others. */
  readonly isFirst: boolean;
}

/** Values that only a running mesh knows: hosts, subsets, versions, ports, gateways, namespaces. */
export function offeredValues(cursor: Cursor, known: Known): Offer[] {
  const path = cursor.path.join('.');
  if (/(^|\.)(destination|mirror|egressProxy)\.host$|^spec\.host$/.test(path))
    return hosts(known, () => true);
  if (/^spec\.hosts\.\[\]$/.test(path)) return hosts(known, ({ kind }) => kind !== 'gateway');
  if (/\.subset$/.test(path)) return ofHost(cursor, known, ({ subsets }) => subsets, 'subset of');
  if (/destination\.port\.number$/.test(path))
    return ofHost(cursor, known, ({ ports }) => ports.map(String), 'port of');
  if (/subsets\.\[\]\.labels\.version$/.test(path))
    return ofHost(cursor, known, ({ versions }) => versions, 'version of');
  if (/gateways\.\[\]$/.test(path))
    return [plain('mesh', 'calls between services'), ...known.gateways.map((name) => plain(name, 'Gateway'))];
  if (/(^metadata\.namespace|sourceNamespace|\.namespaces\.\[\])$/.test(path))
    return known.namespaces.map((name) => plain(name, 'namespace'));
  return [];
}

function hosts(known: Known, isWanted: (service: KnownService) => boolean): Offer[] {
  return known.services.filter(isWanted).map(({ host, hostname, kind }) => ({
    ...plain(host, kind),
    info: host === hostname ? '' : hostname,
  }));
}

/** By the host that stands nearest around the place. */
function ofHost(
  cursor: Cursor,
  known: Known,
  pick: (service: KnownService) => readonly string[],
  what: string,
): Offer[] {
  const host = cursor.around
    .map((fields) => fields['host'])
    .find((each) => each !== undefined && each !== '');
  const service = host === undefined ? undefined : findKnown(known, host);
  return service === undefined ? [] : pick(service).map((value) => plain(value, `${what} ${service.host}`));
}

function plain(value: string, detail: string): Offer {
  return { label: value, insert: value, detail, info: '', type: 'constant', isFirst: false };
}
