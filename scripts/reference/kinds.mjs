import { ALL_KINDS } from '../../istio/kinds.ts';
import { page, table } from './tables.mjs';

export function renderKinds() {
  const rows = ALL_KINDS.map(({ kind, apiVersions, isInert }) => [
    `[${kind}](../compatibility.md#${kind.toLowerCase()})`,
    apiVersions.map((version) => `\`${version}\``).join(', '),
    isInert ? 'checked, and without effect in this version' : 'acts',
  ]);
  return page(
    'Kinds',
    'istio/kinds.ts',
    `Field by field, with proofs: [compatibility.md](../compatibility.md).\n\n${table(['kind', 'apiVersion', ''], rows)}`,
  );
}
