import { readFileSync } from 'node:fs';
import type { Clock } from '../../base/clock.ts';

/** State of a listening socket in /proc/net/tcp (proc_pid_net(5)). */
const LISTEN = '0A';
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
const POLL_MS = { young: 50, old: 500 };
const YOUNG_MS = 10_000;

/** The ports that a table of /proc/net has listening sockets on. */
export function parseListeningPorts(table: string): number[] {
  const ports: number[] = [];
  for (const line of table.split('\n').slice(1)) {
    const [, local = '', , state] = line.trim().split(/\s+/);
    if (state === LISTEN) ports.push(Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16));
  }
  return ports;
}

export interface OpenPortsWatch {
  /** From now on these ports of the application count. */
  want(ports: ReadonlySet<number>): void;
}

/**
 * Tells which of the wanted ports the application has opened, each time that more of them are open. A port that was
 * open once counts as open: this is about the moments between the start of a container and its being able to answer.
 */
export function watchOpenPorts(clock: Clock, onChange: (open: readonly number[]) => void): OpenPortsWatch {
  const open = new Set<number>();
  let wanted: ReadonlySet<number> = new Set();
  let isScheduled = false;
  let hasTold = false;
  const startedAtMs = clock.now();
  const look = () => {
    isScheduled = false;
    const before = open.size;
    for (const port of readListeningPorts()) if (wanted.has(port)) open.add(port);
    if (open.size > before || !hasTold) onChange([...open]);
    hasTold = true;
    schedule();
  };
  const schedule = () => {
    if (isScheduled || [...wanted].every((port) => open.has(port))) return;
    isScheduled = true;
    clock.after(clock.now() - startedAtMs < YOUNG_MS ? POLL_MS.young : POLL_MS.old, look);
  };
  return {
    want(ports) {
      wanted = ports;
      if (!isScheduled) look();
    },
  };
}

function readListeningPorts(): number[] {
  return TABLES.flatMap((path) => {
    try {
      return parseListeningPorts(readFileSync(path, 'utf8'));
    } catch {
      // A kernel without IPv6 has no tcp6.
      return [];
    }
  });
}
