import { Icon } from '../components/icon.tsx';
import { formatMs, formatRate, formatShare } from '../format.ts';
import type { PlacedEdge } from './graph-layout.ts';
import type { SceneEdge } from './graph-scene.ts';
import { LABEL } from './graph-shapes.ts';
import { bytesWords, hasPeer } from './graph-words.ts';

export interface GraphEdgeProps {
  readonly item: SceneEdge;
  readonly place: PlacedEdge;
  readonly isSelected: boolean;
  readonly isDim: boolean;
  readonly onSelect: () => void;
}

/** The line; dots run along it, the faster the more there is of it. */
export function EdgeLine({ item, place, isSelected, isDim, onSelect }: GraphEdgeProps) {
  const { edge, health } = item;
  const { requestsPerSecond, openConnections } = edge.figures;
  const amount = requestsPerSecond + openConnections;
  const width = Math.min(6, 1.4 + Math.log10(1 + amount) * 1.6);
  const speed = Math.min(58, 10 + Math.log10(1 + amount) * 20);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: its label is the button for keys
    <g class={classOf('edge', health, isSelected, isDim)} onClick={onSelect}>
      <path class="edge-hit" d={place.path} />
      <path
        class="edge-line"
        d={place.path}
        style={{ strokeWidth: `${width}px` }}
        marker-end={`url(#arrow-${health})`}
      />
      {health !== 'idle' && (
        <path
          class="edge-flow"
          d={place.path}
          data-speed={speed.toFixed(0)}
          style={{ strokeWidth: `${width + 1.5}px` }}
        />
      )}
    </g>
  );
}

export interface EdgeLabelProps extends GraphEdgeProps {
  readonly words: string;
  readonly isTabStop: boolean;
}

export function EdgeLabel({ item, place, isSelected, isDim, onSelect, words, isTabStop }: EdgeLabelProps) {
  const { edge, key, health } = item;
  const [first, second] = linesOf(item);
  const height = second === '' ? LABEL.height / 2 : LABEL.height;
  const left = -LABEL.width / 2;
  const isAnswered = hasPeer(edge);
  return (
    // biome-ignore lint/a11y/useSemanticElements: no button within an SVG
    <g
      class={classOf('label', health, isSelected, isDim)}
      transform={`translate(${place.label.x} ${place.label.y})`}
      data-id={key}
      role="button"
      tabindex={isTabStop ? 0 : -1}
      aria-pressed={isSelected}
      onClick={onSelect}
    >
      <title>{words}</title>
      <rect class="label-box" x={left} y={-height / 2} width={LABEL.width} height={height} rx="5" />
      {isAnswered && (
        <g class={edge.mtls === 'none' ? 'label-open' : 'label-lock'}>
          <Icon name={edge.mtls === 'all' ? 'lock' : 'unlock'} size={11} x={left + 6} y={-height / 2 + 3.5} />
        </g>
      )}
      <text class="label-protocol" x={left + (isAnswered ? 20 : 7)} y={-height / 2 + 13}>
        {edge.protocol}
      </text>
      <text class="label-rate" x={-left - 6} y={-height / 2 + 13}>
        {first}
      </text>
      {second !== '' && (
        <text class="label-latency" x={left + 7} y={height / 2 - 5.5}>
          {second}
        </text>
      )}
      {edge.figures.errorShare > 0 && (
        <text class="label-errors" x={-left - 6} y={height / 2 - 5.5}>
          {health === 'bad' ? '✕' : '▲'} {formatShare(edge.figures.errorShare)}
        </text>
      )}
    </g>
  );
}

function linesOf({ edge, health }: SceneEdge): readonly [string, string] {
  const { figures } = edge;
  if (health === 'idle') return ['idle', ''];
  if (edge.protocol === 'tcp') return [`${figures.openConnections} conn.`, bytesWords(edge)];
  const latency = formatMs(figures.p95);
  return [formatRate(figures.requestsPerSecond), figures.errorShare > 0 ? latency : `p95 ${latency}`];
}

const classOf = (name: string, health: string, isSelected: boolean, isDim: boolean) =>
  `${name} health-${health} ${isSelected ? 'is-selected' : ''} ${isDim ? 'is-dim' : ''}`;
