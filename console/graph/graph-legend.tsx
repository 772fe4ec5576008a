import { Icon } from '../components/icon.tsx';
import { MARKS } from './graph-words.ts';

/** What marks, colours and lines mean. */
export function GraphLegend() {
  return (
    <details class="legend">
      <summary>Legend</summary>
      <dl>
        <dt class="health-ok">{MARKS.ok}</dt>
        <dd>all is well</dd>
        <dt class="health-warn">{MARKS.warn}</dt>
        <dd>some errors, or not all ready or in sync</dd>
        <dt class="health-bad">{MARKS.bad}</dt>
        <dd>5 % errors or more, or none ready</dd>
        <dt class="health-idle">{MARKS.idle}</dt>
        <dd>no traffic in this time</dd>
        <dt>
          <Icon name="lock" size={13} />
        </dt>
        <dd>mutual TLS (open: none, or in part)</dd>
      </dl>
      <p>A line is the wider, and its dots the faster, the more goes over it.</p>
      <p>Keys: Tab, arrows and Enter choose; + − 0 zoom; Esc closes.</p>
    </details>
  );
}
