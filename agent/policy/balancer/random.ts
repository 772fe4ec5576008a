import { createWeightedChoice, pickWeighted } from '../weighted.ts';
import type { BalancedHost, Picker } from './balanced-host.ts';

export function createRandomPicker<Host extends BalancedHost>(hosts: readonly Host[]): Picker<Host> {
  if (hosts.every((host) => host.weight === hosts[0]?.weight)) {
    return (random) => hosts[Math.floor(random() * hosts.length)] as Host;
  }
  const choice = createWeightedChoice(hosts.map((host) => [host, host.weight] as const));
  return (random) => pickWeighted(choice, random());
}
