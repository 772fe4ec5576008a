// One chart by uPlot, in the colours of the theme, with a legend of our own that can be read without it.
import { useEffect, useRef, useState } from 'preact/hooks';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import './chart.css';
import { formatTime } from '../format.ts';
import { paint } from '../theme.ts';

export interface Series {
  readonly title: string;
  /** A custom property of styles/tokens.css. */
  readonly color: `--${string}`;
  /** null = a gap. */
  readonly values: readonly (number | null)[];
  readonly isDashed?: boolean;
}

export interface ChartProps {
  readonly title: string;
  /** Milliseconds since 1970, one for each value. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  readonly height?: number;
  /** The axis goes at least to this value. */
  readonly most?: number;
}

export function Chart({ title, times, series, format, height = 120, most = 0 }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const key = series.map(({ title, color }) => `${title}${color}`).join();
  const painted = paint.value;
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const options = optionsOf(series, format, most, element.clientWidth, height, setPointed);
    const made = new UPlot(options, dataOf(times, series), element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [key, painted, height]);
  useEffect(() => {
    plot.current?.setData(dataOf(times, series));
  }, [times, series]);
  const index = pointed ?? times.length - 1;
  const at = times[index];
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{title}</span>
        <span class="chart-legend">
          {series.map((each) => (
            <span key={each.title} class="chart-key">
              <svg width="14" height="8" aria-hidden="true">
                <line
                  {...{ x1: 0, y1: 4, x2: 14, y2: 4, 'stroke-width': 2 }}
                  style={{ stroke: `var(${each.color})` }}
                  stroke-dasharray={each.isDashed ? '4 2' : undefined}
                />
              </svg>
              {each.title} <b>{wordsOf(each.values[index], format)}</b>
            </span>
          ))}
        </span>
        <span class="chart-time">{pointed !== null && at !== undefined ? formatTime(at) : ''}</span>
      </figcaption>
      <div ref={box} class="chart-plot" style={{ height: `${height}px` }} aria-hidden="true" />
    </figure>
  );
}

const wordsOf = (value: number | null | undefined, format: (value: number) => string) =>
  value == null ? '–' : format(value);

function dataOf(times: readonly number[], series: readonly Series[]): UPlot.AlignedData {
  return [times.map((ms) => ms / 1000), ...series.map(({ values }) => [...values])];
}

function optionsOf(
  series: readonly Series[],
  format: (value: number) => string,
  most: number,
  width: number,
  height: number,
  onPoint: (index: number | null) => void,
): UPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const axis = { stroke: color('--ink-soft'), font: `11px ${color('--font')}`, ticks: { show: false } };
  const grid = { stroke: color('--chart-grid'), width: 1 };
  return {
    ...{ width, height, legend: { show: false }, padding: [8, 8, 0, 0] },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      y: { range: (_, least, top) => [Math.min(0, least ?? 0), Math.max(most, (top ?? 0) * 1.08) || 1] },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 22, space: 46, values: (_, splits) => splits.map(clockOf) },
      { ...axis, grid, size: 58, space: 30, values: (_, splits) => splits.map(format) },
    ],
    series: [
      {},
      ...series.map(({ title, color: name, isDashed }, index) => ({
        ...{ label: title, stroke: color(name), width: 1.75, points: { show: false } },
        ...(isDashed ? { dash: [5, 3] } : {}),
        ...(index === 0 ? { fill: `${color(name)}1c` } : {}),
      })),
    ],
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)] },
  };
}

function clockOf(seconds: number): string {
  const text = formatTime(seconds * 1000);
  return text.endsWith(':00') ? text.slice(0, 5) : text;
}
