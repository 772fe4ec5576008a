import type { EdgeReport, PeerReport, TrafficReport } from '../../model/traffic.ts';

export const party = (workload: string, version = 'v1'): PeerReport => ({
  ...{ workload, version, namespace: 'default', app: workload },
});

export const edge = (given: Partial<EdgeReport>): EdgeReport => ({
  ...{ reporter: 'source', peer: party('shop'), service: 'shop.default.svc.cluster.local', protocol: 'http' },
  ...{ isMutualTls: true, outcomes: [], durations: [], sentBytes: 0, receivedBytes: 0, opened: 0 },
  ...given,
});

export const outcome = (code: number, count: number, flags = '', grpcStatus = '') => ({
  ...{ code, count, flags, grpcStatus },
});

export const report = (...edges: EdgeReport[]): TrafficReport => ({ isFirst: false, edges, clusters: [] });
