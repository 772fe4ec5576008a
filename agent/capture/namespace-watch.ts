import { readFileSync } from 'node:fs';

/** Interfaces of this process's network namespace other than loopback. */
export function countInterfaces(procNetDev = readFileSync('/proc/net/dev', 'utf8')): number {
  return procNetDev
    .split('\n')
    .slice(2)
    .map((line) => line.split(':')[0]?.trim() ?? '')
    .filter((name) => name !== '' && name !== 'lo').length;
}

const LOOK_MS = 1000;

/**
 * Docker makes a new namespace for a restarted container; an agent stays behind in the old one, which loses its
 * interfaces. `onDead` is told once. A container that never had an interface is left in peace.
 */
export function watchNamespace(onDead: () => void): void {
  if (countInterfaces() === 0) return;
  const timer = setInterval(() => {
    if (countInterfaces() > 0) return;
    clearInterval(timer);
    onDead();
  }, LOOK_MS);
  timer.unref();
}
