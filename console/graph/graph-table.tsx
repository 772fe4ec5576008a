// The same as the drawing, for who would rather read.

import { Badge } from '../components/badge.tsx';
import { type Column, Table } from '../components/table.tsx';
import { formatMs, formatRate, formatShare } from '../format.ts';
import type { Scene, SceneEdge } from './graph-scene.ts';
import { bytesWords, hasPeer, mtlsWords, nodeName } from './graph-words.ts';

export function GraphTable({
  scene,
  onSelect,
}: {
  readonly scene: Scene;
  readonly onSelect: (id: string) => void;
}) {
  const names = new Map(
    scene.cards.flatMap(({ nodes }) => nodes.map(({ node }) => [node.id, nodeName(node)])),
  );
  return (
    <div class="graph-table">
      <Table
        label="Who calls whom"
        columns={columnsOf((id) => names.get(id) ?? id, onSelect)}
        rows={scene.edges}
        rowKey={({ key }) => key}
        empty="Nobody calls anybody in this time."
      />
    </div>
  );
}

function columnsOf(nameOf: (id: string) => string, onSelect: (id: string) => void): Column<SceneEdge>[] {
  return [
    {
      title: 'Caller → called',
      sort: ({ edge }) => nameOf(edge.source),
      cell: ({ key, edge }) => (
        <button type="button" class="link-button" onClick={() => onSelect(key)}>
          {nameOf(edge.source)} → {nameOf(edge.target)}
        </button>
      ),
    },
    { title: 'Protocol', sort: ({ edge }) => edge.protocol, cell: ({ edge }) => edge.protocol },
    {
      title: 'mTLS',
      sort: ({ edge }) => edge.mtls,
      cell: ({ edge }) => (hasPeer(edge) ? mtlsWords(edge.mtls) : '–'),
    },
    {
      ...{ title: 'Rate', isFigure: true, sort: ({ edge }) => edge.figures.requestsPerSecond },
      cell: ({ edge }) =>
        edge.protocol === 'tcp' ? bytesWords(edge) : formatRate(edge.figures.requestsPerSecond),
    },
    {
      ...{ title: 'Errors', isFigure: true, sort: ({ edge }) => edge.figures.errorShare },
      cell: ({ edge, health }) =>
        health === 'bad' || health === 'warn' ? (
          <Badge tone={health}>{formatShare(edge.figures.errorShare)}</Badge>
        ) : (
          formatShare(edge.figures.errorShare)
        ),
    },
    ...(['p50', 'p95', 'p99'] as const).map(
      (which): Column<SceneEdge> => ({
        ...{ title: which, isFigure: true, sort: ({ edge }) => edge.figures[which] ?? -1 },
        cell: ({ edge }) => formatMs(edge.figures[which]),
      }),
    ),
  ];
}
