/** An error with a stable code, wrapped once where a system error enters, with the original as `cause`. */
export class LateenError extends Error {
  readonly code: string;
  /** What the reader can do about it; printed behind the message. */
  readonly remedy: string | null;

  constructor(code: string, message: string, options: { cause?: unknown; remedy?: string } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'LateenError';
    this.code = code;
    this.remedy = options.remedy ?? null;
  }
}

/** The message of anything that was thrown. */
export function errorMessage(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a system error (`ECONNREFUSED`, `ENOENT` …), or '' where there is none. */
export function errorCode(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return '';
  return typeof thrown.code === 'string' ? thrown.code : '';
}
