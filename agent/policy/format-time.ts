/**
 * Envoy's `%START_TIME(format)%`: strftime's specifiers in UTC, with `%3f`, `%6f`, `%9f` for parts of a second and `%s`
 * for the seconds since 1970. Without a format RFC 3339 with milliseconds.
 */
export function formatTime(epochMs: number, format: string): string {
  const time = new Date(epochMs);
  if (format === '') return time.toISOString();
  return format.replaceAll(
    /%(?:([0-9])f|([A-Za-z%]))/g,
    (whole, digits: string | undefined, specifier: string) =>
      digits === undefined ? (SPECIFIERS[specifier]?.(time) ?? whole) : fraction(epochMs, Number(digits)),
  );
}

const two = (value: number) => String(value).padStart(2, '0');

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];

const date = (time: Date) => time.toISOString().slice(0, 10);
const clock = (time: Date) => time.toISOString().slice(11, 19);

const SPECIFIERS: Readonly<Record<string, (time: Date) => string>> = {
  '%': () => '%',
  A: (time) => DAYS[time.getUTCDay()] ?? '',
  a: (time) => (DAYS[time.getUTCDay()] ?? '').slice(0, 3),
  B: (time) => MONTHS[time.getUTCMonth()] ?? '',
  b: (time) => (MONTHS[time.getUTCMonth()] ?? '').slice(0, 3),
  d: (time) => two(time.getUTCDate()),
  e: (time) => String(time.getUTCDate()).padStart(2, ' '),
  F: date,
  f: (time) => fraction(time.getTime(), 9),
  H: (time) => two(time.getUTCHours()),
  I: (time) => two(time.getUTCHours() % 12 || 12),
  M: (time) => two(time.getUTCMinutes()),
  m: (time) => two(time.getUTCMonth() + 1),
  p: (time) => (time.getUTCHours() < 12 ? 'AM' : 'PM'),
  S: (time) => two(time.getUTCSeconds()),
  s: (time) => String(Math.floor(time.getTime() / 1000)),
  T: clock,
  Y: (time) => String(time.getUTCFullYear()),
  y: (time) => two(time.getUTCFullYear() % 100),
  Z: () => 'UTC',
  z: () => '+0000',
};

function fraction(epochMs: number, digits: number): string {
  const nanoseconds = String(Math.floor((epochMs % 1000) * 1e6)).padStart(9, '0');
  return nanoseconds.slice(0, digits);
}
