import type { BalancedHost, Picker } from './balanced-host.ts';

/** In turn; with unequal weights by smooth weighted round-robin, so that a heavy host is not called in bursts. */
export function createRoundRobinPicker<Host extends BalancedHost>(
  hosts: readonly Host[],
  seed: number,
): Picker<Host> {
  let next = seed % hosts.length;
  if (hosts.every((host) => host.weight === hosts[0]?.weight)) {
    return () => {
      const host = hosts[next] as Host;
      next = (next + 1) % hosts.length;
      return host;
    };
  }
  const total = hosts.reduce((sum, host) => sum + host.weight, 0);
  const credits = hosts.map(() => 0);
  return () => {
    let best = 0;
    for (let i = 0; i < hosts.length; i++) {
      credits[i] = (credits[i] as number) + (hosts[i] as Host).weight;
      if ((credits[i] as number) > (credits[best] as number)) best = i;
    }
    credits[best] = (credits[best] as number) - total;
    return hosts[best] as Host;
  };
}
