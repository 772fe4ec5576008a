// Small drawings on a grid of 16, in the colour of the text around them. They are decoration: words stand beside them.

const PATHS = {
  graph:
    'M4 4.5a1.5 1.5 0 1 0 0-.01M12 3a1.5 1.5 0 1 0 0-.01M12 13a1.5 1.5 0 1 0 0-.01M4 12a1.5 1.5 0 1 0 0-.01M5.5 4.5 10.5 3M5 5.5l6 6M5.5 12l5 .7',
  services: 'M2.5 3.5h11v4h-11zM2.5 9.5h11v4h-11zM5 5.5h.01M5 11.5h.01',
  workloads: 'M8 1.5 13.5 4.5v7L8 14.5 2.5 11.5v-7zM2.5 4.5 8 7.5l5.5-3M8 7.5v7',
  config: 'M3.5 1.5h6l3 3v10h-9zM9.5 1.5v3h3M5.5 8h5M5.5 11h5',
  traces: 'M2 3.5h8M4 8h6M7 12.5h7',
  history: 'M2.5 8a5.5 5.5 0 1 0 1.700-4M2.5 2v3h3M8 5v3.200l2.200 1.5',
  lock: 'M4.5 7V5a3.5 3.5 0 0 1 7 0v2M3.5 7h9v6.5h-9z',
  unlock: 'M4.5 7V5a3.5 3.5 0 0 1 6.800-1.200M3.5 7h9v6.5h-9z',
  close: 'M4 4l8 8M12 4l-8 8',
  play: 'M5 3.5v9l7-4.5z',
  pause: 'M5 3.5v9M11 3.5v9',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  fit: 'M2.5 6v-3.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.300 10.300 14 14',
  arrow: 'M3 8h10M9 4l4 4-4 4',
  back: 'M13 8H3M7 4 3 8l4 4',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1',
  moon: 'M13.5 9.5A6 6 0 1 1 6.5 2.5a5 5 0 0 0 7 7z',
  system: 'M2 3h12v8H2zM6 14h4M8 11v3',
  gateway: 'M2.5 13.5V7a5.5 5.5 0 0 1 11 0v6.5M6 13.5V8a2 2 0 0 1 4 0v5.5',
  globe: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M2 8h12M8 2c4 4 4 8 0 12M8 2c-4 4-4 8 0 12',
  unknown: 'M6 6a2 2 0 1 1 2.700 1.900c-.5.200-.7.600-.7 1.100v.5M8 12v.01',
  alert: 'M8 2 14.5 13.5h-13zM8 6.5v3M8 11.5v.01',
  check: 'M3 8.5l3.5 3.5L13 4.5',
  lost: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M10.5 5.5 9 9l-3.5 1.5L7 7z',
  logs: 'M2.5 3.5h11M2.5 6.5h8M2.5 9.5h11M2.5 12.5h6',
} as const;

export type IconName = keyof typeof PATHS;

export interface IconProps {
  readonly name: IconName;
  readonly size?: number;
  /** Within another drawing. */
  readonly x?: number;
  readonly y?: number;
}

export function Icon({ name, size = 16, x, y }: IconProps) {
  return (
    <svg class="icon" viewBox="0 0 16 16" x={x} y={y} width={size} height={size} aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
