import { Icon, type IconName } from '../components/icon.tsx';
import { formatShare } from '../format.ts';
import type { Layout } from './graph-layout.ts';
import type { Card, SceneNode } from './graph-scene.ts';
import { type Box, fitText } from './graph-shapes.ts';
import { MARKS, nodeWords, sumWords } from './graph-words.ts';

const ICONS: Readonly<Record<Card['kind'], IconName>> = {
  workload: 'workloads',
  gateway: 'gateway',
  external: 'globe',
  service: 'services',
  unknown: 'unknown',
};

export interface GraphCardProps {
  readonly card: Card;
  readonly layout: Layout;
  /** The one item of the graph that Tab comes to. */
  readonly tabStop: string;
  readonly selected: string;
  readonly isDim: (node: string) => boolean;
  readonly onSelect: (node: string) => void;
  readonly showsNamespace: boolean;
}

export function GraphCard({
  card,
  layout,
  tabStop,
  selected,
  isDim,
  onSelect,
  showsNamespace,
}: GraphCardProps) {
  const box = layout.cards.get(card.id);
  if (box === undefined) return null;
  const isAllDim = card.nodes.every(({ node }) => isDim(node.id));
  const isIdle = card.nodes.every(({ health }) => health === 'idle');
  return (
    <g class={`card card-${card.kind} ${isAllDim ? 'is-dim' : ''} ${isIdle ? 'is-idle' : ''}`}>
      <rect class="card-box" x={box.x} y={box.y} width={box.width} height={box.height} rx="7" />
      <Icon name={ICONS[card.kind]} size={14} x={box.x + 9} y={box.y + 7} />
      <text class="card-title" x={box.x + 29} y={box.y + 18.5}>
        {fitText(card.title, box.width - 36, 7.5)}
        <title>{card.title}</title>
      </text>
      {showsNamespace && card.namespace !== '' && (
        <text class="card-namespace" x={box.x + 2} y={box.y - 5}>
          {card.namespace}
        </text>
      )}
      {card.nodes.map((each) => (
        <Chip
          key={each.node.id}
          item={each}
          name={each.node.version === '' ? WORDS[each.node.kind] : each.node.version}
          box={layout.chips.get(each.node.id)}
          isTabStop={tabStop === each.node.id}
          isSelected={selected === each.node.id}
          isDim={!isAllDim && isDim(each.node.id)}
          onSelect={() => onSelect(each.node.id)}
        />
      ))}
    </g>
  );
}

/** In the place of a version. */
const WORDS = {
  workload: 'all',
  gateway: 'gateway',
  external: 'outside',
  service: 'no reply',
  unknown: 'callers',
} as const;

interface ChipProps {
  readonly item: SceneNode;
  readonly name: string;
  readonly box: Box | undefined;
  readonly isTabStop: boolean;
  readonly isSelected: boolean;
  readonly isDim: boolean;
  readonly onSelect: () => void;
}

function Chip({ item, name, box, isTabStop, isSelected, isDim, onSelect }: ChipProps) {
  if (box === undefined) return null;
  const { node, health } = item;
  const words = figureWords(item);
  return (
    // biome-ignore lint/a11y/useSemanticElements: no button within an SVG
    <g
      class={`chip health-${health} ${isSelected ? 'is-selected' : ''} ${isDim ? 'is-dim' : ''}`}
      data-id={node.id}
      role="button"
      tabindex={isTabStop ? 0 : -1}
      aria-pressed={isSelected}
      onClick={onSelect}
    >
      {/* Its name, and what is told who points at it. */}
      <title>{nodeWords(item)}</title>
      <rect class="chip-box" x={box.x} y={box.y} width={box.width} height={box.height} rx="4" />
      <text class="chip-mark" x={box.x + 8} y={box.y + 17}>
        {MARKS[health]}
      </text>
      <text class="chip-name" x={box.x + 22} y={box.y + 17}>
        {fitText(name, box.width - 34 - words.length * 6)}
      </text>
      <text class="chip-figure" x={box.x + box.width - 8} y={box.y + 17}>
        {words}
      </text>
    </g>
  );
}

/** What matters most: that it is not there, that it fails, how much it does. */
function figureWords({ node, sum, isSource }: SceneNode): string {
  if (node.unready > 0) return node.unready < node.containers ? `${node.unready} not ready` : 'not ready';
  if (sum.errorShare > 0 && node.kind !== 'service' && !isSource)
    return `${formatShare(sum.errorShare)} err.`;
  return node.unsynced > 0 ? 'out of sync' : sumWords(sum);
}
