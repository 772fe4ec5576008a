export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** What every part logs through. The controller backs it with pino, the agent with {@link createLineLogger}. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** From the most talkative on. */
export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

const ORDER: Record<LogLevel, number> = { debug: 10, info: 20, warn: 30, error: 40 };

export interface LineLogger extends Logger {
  /** May be changed at any time. */
  level: LogLevel;
}

/**
 * A logger that writes one readable line per message: `2026-01-01T00:00:00.000Z info message key=value`.
 * Exists because a logging library costs an agent 8 to 10 MB.
 */
export function createLineLogger(
  write: (line: string) => void,
  wall: () => number,
  level: LogLevel = 'info',
): LineLogger {
  const log = (at: LogLevel, message: string, fields: LogFields = {}) => {
    if (ORDER[at] < ORDER[logger.level]) return;
    const pairs = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ` ${key}=${formatValue(value)}`);
    write(`${new Date(wall()).toISOString()} ${at} ${message}${pairs.join('')}\n`);
  };
  const logger: LineLogger = {
    level,
    debug: (message, fields) => log('debug', message, fields),
    info: (message, fields) => log('info', message, fields),
    warn: (message, fields) => log('warn', message, fields),
    error: (message, fields) => log('error', message, fields),
  };
  return logger;
}

function formatValue(value: string | number | boolean | null | undefined): string {
  return typeof value === 'string' && /[\s="]/.test(value) ? JSON.stringify(value) : String(value);
}

/** Swallows everything; for tests that do not look at logs. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
