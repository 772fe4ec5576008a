// What the console asks the controller (model/console.ts has the addresses and the answers).
import { signal } from '@preact/signals';
import type { ApiError, ConfigChange, ConfigFileView, PreviewView } from '../model/console.ts';

const TOKEN_KEY = 'lateen.token';

/** What `authorization: Bearer` says; '' = nothing. It is forgotten with the tab. */
export const token = signal(readToken());

export function keepToken(value: string): void {
  token.value = value;
  try {
    sessionStorage.setItem(TOKEN_KEY, value);
  } catch {
    // Storage is forbidden: it holds until the page is left.
  }
}

/** Why there is no answer. `status` 0: the controller cannot be reached. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly remedy: string;

  constructor(status: number, message: string, remedy: string) {
    super(message);
    this.status = status;
    this.remedy = remedy;
  }

  get isAway(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 504;
  }

  get needsToken(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

export const getJson = <T>(url: string, signal?: AbortSignal): Promise<T> =>
  ask<T>(url, signal === undefined ? {} : { signal });

export const preview = (change: ConfigChange): Promise<PreviewView> =>
  ask('/api/preview', { method: 'POST', body: JSON.stringify(change) });

/** `writeToken`: one that has yet to prove itself; it is kept by whoever sees that it did. */
export const saveConfig = (change: ConfigChange, writeToken = token.peek()): Promise<ConfigFileView> =>
  ask(
    '/api/config',
    { method: 'PUT', body: JSON.stringify(change) },
    { authorization: `Bearer ${writeToken}` },
  );

/** `/api/graph` and `{seconds: 60}` → `/api/graph?seconds=60`; what is '' or 0 is left out. */
export function apiUrl(path: string, query: Readonly<Record<string, string | number>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== '' && value !== 0);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === '' ? path : `${path}?${text}`;
}

export function requestHeaders(): Record<string, string> {
  return token.peek() === '' ? {} : { authorization: `Bearer ${token.peek()}` };
}

async function ask<T>(url: string, init: RequestInit, more: Record<string, string> = {}): Promise<T> {
  const headers = {
    ...requestHeaders(),
    ...more,
    ...(init.body == null ? {} : { 'content-type': 'application/json' }),
  };
  let response: Response;
  try {
    response = await fetch(url, { ...init, headers });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new ApiFailure(
      0,
      'The controller does not answer.',
      'Is it running? `docker compose ps lateen-controller`',
    );
  }
  if (!response.ok) throw await failureOf(response);
  return (await response.json()) as T;
}

export async function failureOf(response: Response): Promise<ApiFailure> {
  const text = await response.text();
  try {
    const { error, remedy } = JSON.parse(text) as ApiError;
    return new ApiFailure(response.status, error, remedy);
  } catch {
    return new ApiFailure(response.status, `The controller answered ${response.status}.`, text.slice(0, 300));
  }
}

/** `#token=…` of the address (`lateen dashboard` opens it so) goes from there into the tab's storage. */
function readToken(): string {
  const given = new URLSearchParams(window.location.hash.slice(1)).get('token');
  try {
    if (given === null) return sessionStorage.getItem(TOKEN_KEY) ?? '';
    sessionStorage.setItem(TOKEN_KEY, given);
  } catch {
    // As in keepToken.
  }
  if (given === null) return '';
  history.replaceState(null, '', window.location.pathname + window.location.search);
  return given;
}
