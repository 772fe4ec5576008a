import { useMemo } from 'preact/hooks';
import {
  editWeights,
  findWeightedRoutes,
  moveShare,
  percentsOf,
  type TextEdit,
  type WeightedRoute,
} from './weights.ts';

export interface WeightsPanelProps {
  readonly text: string;
  readonly isReadOnly: boolean;
  readonly onEdit: (edits: readonly TextEdit[]) => void;
}

/** A slider for each destination of a route that shares its requests out. Nothing where there is none. */
export function WeightsPanel({ text, isReadOnly, onEdit }: WeightsPanelProps) {
  const routes = useMemo(() => findWeightedRoutes(text), [text]);
  if (routes.length === 0) return null;
  return (
    <aside class="weights" aria-label="Traffic shares">
      <h2>Traffic shares</h2>
      {routes.map((route) => (
        <RouteShares
          key={`${route.resource} ${route.path}`}
          route={route}
          isReadOnly={isReadOnly}
          onEdit={onEdit}
        />
      ))}
    </aside>
  );
}

function RouteShares({
  route,
  isReadOnly,
  onEdit,
}: {
  readonly route: WeightedRoute;
  readonly isReadOnly: boolean;
  readonly onEdit: (edits: readonly TextEdit[]) => void;
}) {
  const percents = percentsOf(route.shares.map(({ weight }) => weight));
  return (
    <fieldset class="weights-route" disabled={isReadOnly}>
      <legend>
        <span class="rule-kind">{route.resource.split(' ')[0]}</span> {route.resource.split(' ')[1]}
        <span class="weights-match">{route.label === '' ? 'all requests' : route.label}</span>
      </legend>
      <div class="weights-bar" aria-hidden="true">
        {percents.map((percent, index) => (
          <span
            key={index}
            class={`weights-part weights-part-${index % 4}`}
            style={{ width: `${percent}%` }}
          />
        ))}
      </div>
      {route.shares.map((share, index) => {
        const move = (value: string) => onEdit(editWeights(route, moveShare(percents, index, Number(value))));
        return (
          <label key={index} class="weights-share">
            <span class="weights-label">
              <span class={`weights-dot weights-part-${index % 4}`} aria-hidden="true" />
              {share.label}
            </span>
            <span class="weights-figure">{percents[index]} %</span>
            <input
              type="range"
              min="0"
              max="100"
              step="1"
              value={percents[index]}
              aria-valuetext={`${percents[index]} percent`}
              onInput={(event) => move(event.currentTarget.value)}
            />
          </label>
        );
      })}
    </fieldset>
  );
}
