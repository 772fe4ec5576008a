// Questions that more than one page asks.
import type { GraphView, ServiceView, WorkloadView } from '../model/console.ts';
import { apiUrl } from './api.ts';
import { useQuery } from './query.ts';

export const useServices = () => useQuery<readonly ServiceView[]>('/api/services', { topics: ['services'] });

export const useWorkloads = () =>
  useQuery<readonly WorkloadView[]>('/api/workloads', { topics: ['workloads'] });

/** Of the last minute, or so many seconds. */
export const useGraph = (seconds = 60) =>
  useQuery<GraphView>(apiUrl('/api/graph', { seconds }), {
    topics: ['traffic', 'workloads'],
    everyMs: 5000,
    keepsFormer: true,
  });
