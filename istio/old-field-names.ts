/**
 * The two snake_case names that Istio's own CRDs still accept (`x-kubernetes` aliases of the camelCase ones); all
 * other snake_case is refused by an API server, and here.
 */
const OLD_NAMES: Readonly<
  Record<string, { readonly list: string; readonly from: string; readonly to: string }>
> = {
  VirtualService: { list: 'http', from: 'mirror_percent', to: 'mirrorPercent' },
  RequestAuthentication: { list: 'jwtRules', from: 'jwks_uri', to: 'jwksUri' },
};

/** The spec with those names in camelCase; the same object where none is used. */
export function renameOldFields(kind: string, spec: unknown): unknown {
  const old = OLD_NAMES[kind];
  if (old === undefined || !isMapping(spec)) return spec;
  const items = spec[old.list];
  if (!Array.isArray(items) || !items.some((item) => isMapping(item) && old.from in item)) return spec;
  const renamed = items.map((item: unknown) => {
    if (!isMapping(item) || !(old.from in item)) return item;
    const { [old.from]: value, ...rest } = item;
    return { ...rest, [old.to]: value };
  });
  return { ...spec, [old.list]: renamed };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
