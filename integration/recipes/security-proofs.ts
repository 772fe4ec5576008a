import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bookinfo } from '../fixture/bookinfo.ts';

const TOKENS = join(import.meta.dirname, '../../examples/recipes/jwt-ingress');

/** Part of the list of proofs: one for each folder of examples/recipes that is about who may call what. */
export const SECURITY_PROOFS = {
  async 'deny-by-path'(mesh: Bookinfo) {
    const at = async (path: string, method = 'GET') => {
      const [outcome] = await mesh.call('client', { url: `http://details:9080${path}`, method });
      return [outcome?.status, outcome?.status === 200 ? '' : outcome?.body];
    };
    const refused = [403, 'RBAC: access denied'];
    assert.deepEqual(await at('/details/0'), [200, '']);
    assert.deepEqual(await at('/health'), refused);
    assert.deepEqual(await at('/details/%2e%2e/health?x=1'), refused);
    assert.deepEqual(await at('/details/0', 'DELETE'), refused);
  },

  async 'jwt-ingress'(mesh: Bookinfo) {
    const [reader, staff] = await Promise.all(
      ['reader', 'staff'].map(async (name) => (await readFile(join(TOKENS, `${name}.jwt`), 'utf8')).trim()),
    );
    const at = async (path: string, token = '') => {
      const headers: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` };
      const response = await mesh.get(path, headers);
      const text = await response.text();
      return [response.status, response.status === 200 ? '' : text];
    };
    const refused = [403, 'RBAC: access denied'];
    assert.deepEqual(await at('/productpage'), [200, '']);
    assert.deepEqual(await at('/api/v1/products'), refused);
    assert.equal((await at('/api/v1/products', 'nonsense'))[0], 401);
    const changed = (staff ?? '').replace(/[^.]$/, (last) => (last === 'A' ? 'Q' : 'A'));
    assert.deepEqual(await at('/api/v1/products', changed), [401, 'Jwt verification fails']);
    assert.deepEqual(await at('/api/v1/products', reader), [200, '']);
    assert.deepEqual(await at('/api/v1/products/0', reader), refused);
    assert.deepEqual(await at('/api/v1/products/0', staff), [200, '']);
  },
};
