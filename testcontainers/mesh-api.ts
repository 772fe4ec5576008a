import type { TestRefusal } from '../model/test-mesh.ts';
import { MeshError } from './mesh-error.ts';

/** What a mesh of tests is asked (model/test-mesh.ts): by its published port, with its own token. */
export interface MeshApi {
  get<T>(path: string, query?: ApiQuery): Promise<T>;
  post<T>(path: string, query: ApiQuery, body?: string): Promise<T>;
}

export type ApiQuery = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export function createMeshApi(base: string, token: string): MeshApi {
  const ask = async <T>(method: string, path: string, query: ApiQuery, body: string | null): Promise<T> => {
    const url = new URL(path, base);
    for (const [name, value] of Object.entries(query))
      for (const each of value === undefined ? [] : [value].flat())
        url.searchParams.append(name, String(each));
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(url, { method, headers, body });
    const answer = (await response.json()) as T | TestRefusal;
    if (!response.ok) throw new MeshError(answer as TestRefusal);
    return answer as T;
  };
  return {
    get: (path, query = {}) => ask('GET', path, query, null),
    post: (path, query, body = '') => ask('POST', path, query, body),
  };
}
