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
/** A first snapshot takes a second at most, where there is a controller. */
const LOOKS_WITHOUT_USE = 5;

export interface NamespaceDeps {
  /** Told once. */
  onDead(): void;
  /** The agent has a snapshot. */
  isOfUse(): boolean;
  count?(): number;
}

/**
 * Docker makes a new namespace for a restarted container; an agent stays behind in the old one, which loses its
 * interfaces. One that never saw an interface came too late, or its container has no network at all: there it stays for
 * as long as it is of any use. Where the controller went together with the container nobody else would end it.
 */
export function watchNamespace({ onDead, isOfUse, count = countInterfaces }: NamespaceDeps): void {
  let hasLived = count() > 0;
  let looksWithoutUse = 0;
  const timer = setInterval(() => {
    if (count() > 0) {
      hasLived = true;
      return;
    }
    looksWithoutUse = isOfUse() ? 0 : looksWithoutUse + 1;
    if (!hasLived && looksWithoutUse < LOOKS_WITHOUT_USE) return;
    clearInterval(timer);
    onDead();
  }, LOOK_MS);
  timer.unref();
}
