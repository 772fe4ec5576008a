// Figures for people: three digits at most, always with a unit.

const NONE = '–';

/** `0`, `0.4`, `12.3`, `1,240` per second. */
export function formatRate(perSecond: number): string {
  return `${formatNumber(perSecond)}/s`;
}

export function formatNumber(value: number): string {
  if (value === 0) return '0';
  if (value < 0.01) return '<0.01';
  if (value < 10) return trim(value.toFixed(value < 1 ? 2 : 1));
  return Math.round(value).toLocaleString('en-US');
}

/** `0.4 ms`, `12 ms`, `1.2 s`, `3 min`. */
export function formatMs(ms: number | null): string {
  if (ms === null) return NONE;
  if (ms === 0) return '0 ms';
  if (ms < 0.1) return '<0.1 ms';
  if (ms < 10) return `${trim(ms.toFixed(1))} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${trim((ms / 1000).toFixed(ms < 10_000 ? 2 : 1))} s`;
  return formatDuration(ms);
}

/** `45 s`, `12 min`, `3 h`, `5 d`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

/** `3 min ago`, `in 5 h`. */
export function formatAgo(ms: number, nowMs: number): string {
  const distance = ms - nowMs;
  if (Math.abs(distance) < 1500) return 'now';
  return distance < 0 ? `${formatDuration(-distance)} ago` : `in ${formatDuration(distance)}`;
}

/** `512 B`, `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let index = 0;
  while (value >= 1000 && index < units.length - 1) {
    value /= 1024;
    index++;
  }
  return `${index === 0 ? Math.round(value) : trim(value.toFixed(value < 10 ? 1 : 0))} ${units[index]}`;
}

/** `0 %`, `0.4 %`, `12 %`. Never `0 %` or `100 %` for what is only near it. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent === 0 || percent === 100) return `${percent} %`;
  if (percent < 0.1) return '<0.1 %';
  if (percent > 99.9) return '>99.9 %';
  return `${trim(percent.toFixed(percent < 10 || percent > 99 ? 1 : 0))} %`;
}

export const formatTime = (ms: number): string =>
  new Date(ms).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export const formatDateTime = (ms: number): string =>
  `${new Date(ms).toLocaleDateString('en-CA')} ${formatTime(ms)}`;

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

const trim = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
