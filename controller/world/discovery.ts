import type { NamespaceSelector } from '../../istio/schema/mesh-config.ts';

type Expression = NonNullable<NamespaceSelector['matchExpressions']>[number];

/** Containers have no Namespace objects: the label that Kubernetes gives to each is the only one there is. */
const NAME_LABEL = 'kubernetes.io/metadata.name';

/** MeshConfig.discoverySelectors: whether a namespace's services and documents are looked at. */
export function isDiscovered(selectors: readonly NamespaceSelector[], namespace: string): boolean {
  return selectors.length === 0 || selectors.some((selector) => fits(selector, namespace));
}

function fits({ matchLabels = {}, matchExpressions = [] }: NamespaceSelector, namespace: string): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => key === NAME_LABEL && value === namespace) &&
    matchExpressions.every((expression) => holds(expression, namespace))
  );
}

/** Kubernetes' label selectors: NotIn also holds where the label is missing. */
function holds({ key, operator, values = [] }: Expression, namespace: string): boolean {
  const value = key === NAME_LABEL ? namespace : null;
  switch (operator) {
    case 'In':
      return value !== null && values.includes(value);
    case 'NotIn':
      return value === null || !values.includes(value);
    case 'Exists':
      return value !== null;
    case 'DoesNotExist':
      return value === null;
    default:
      return false;
  }
}
