/** What a rule is called in snapshots and spans: its document and, behind `#`, its part of the `spec`. */
export interface RuleId {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** `http[1]`, '' = the document as a whole. */
  readonly part: string;
}

/** `VirtualService/default/reviews#http[1]`. */
export function ruleId({ kind, namespace, name }: Omit<RuleId, 'part'>, part = ''): string {
  return `${kind}/${namespace}/${name}${part === '' ? '' : `#${part}`}`;
}

/** null = it is none. */
export function parseRuleId(id: string): RuleId | null {
  const [, kind = '', namespace = '', name = '', part = ''] =
    /^([^/#]+)\/([^/#]+)\/([^/#]+)(?:#(.+))?$/.exec(id) ?? [];
  return kind === '' ? null : { kind, namespace, name, part };
}
