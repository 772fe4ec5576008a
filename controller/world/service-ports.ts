import { defaultProtocol, selectProtocol } from '../../istio/port-protocol.ts';
import type { KubernetesServiceSpec } from '../../istio/schema/kubernetes.ts';
import { LABEL } from '../../model/labels.ts';
import type { ServicePort } from '../compile/world.ts';
import type { ContainerFacts } from './container-facts.ts';

/** Ports of a container: label `lateen.ports`, else those that its image exposes, with detection. */
export function containerPorts(facts: ContainerFacts, complain: (entry: string) => void): ServicePort[] {
  const label = facts.labels[LABEL.ports];
  if (label !== undefined) return parsePortsLabel(label, complain);
  return facts.exposedPorts.map(({ port, protocol }) => ({
    name: `${protocol}-${port}`,
    number: port,
    targetPort: port,
    protocol: protocol === 'udp' ? 'udp' : defaultProtocol(port),
  }));
}

const ENTRY = /^([a-z0-9-]+):(\d{1,5})(?::(\d{1,5}))?$/i;

/** `http:9080,grpc:7000,tcp:3306`, a target port after a second colon. */
export function parsePortsLabel(label: string, complain: (entry: string) => void): ServicePort[] {
  return label
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .flatMap((entry): ServicePort[] => {
      const match = ENTRY.exec(entry);
      const number = Number(match?.[2]);
      const targetPort = Number(match?.[3] ?? match?.[2]);
      const isValid = [number, targetPort].every((port) => port >= 1 && port <= 65535);
      if (match?.[1] === undefined || !isValid) {
        complain(entry);
        return [];
      }
      return [
        { name: `${match[1]}-${number}`, number, targetPort, protocol: selectProtocol(match[1], '', number) },
      ];
    });
}

export function documentPorts(spec: KubernetesServiceSpec): ServicePort[] {
  return (spec.ports ?? []).map((port) => {
    const number = port.port ?? 0;
    const name = port.name ?? '';
    const isUdp = port.protocol === 'UDP';
    return {
      name,
      number,
      targetPort: port.targetPort === undefined ? number : Number(port.targetPort),
      protocol: isUdp ? 'udp' : selectProtocol(name, port.appProtocol ?? '', number),
    };
  });
}
