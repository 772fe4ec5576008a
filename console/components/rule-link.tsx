import type { RuleRef } from '../../model/console.ts';
import { configPath } from '../paths.ts';

/** A document where it stands; the link opens the editor at its line. */
export function RuleLink({ rule }: { readonly rule: RuleRef }) {
  const name = (
    <>
      <span class="rule-kind">{rule.kind}</span> {rule.name}
    </>
  );
  if (rule.file === '') return <span class="rule">{name}</span>;
  return (
    <a class="rule" href={configPath(rule)}>
      {name} <span class="rule-place">{rule.line > 0 ? `${rule.file}:${rule.line}` : rule.file}</span>
    </a>
  );
}
