import type { Verdict } from '../health.ts';
import { Badge } from './badge.tsx';

export function VerdictBadge({ verdict, title }: { readonly verdict: Verdict; readonly title?: string }) {
  return (
    <Badge tone={verdict.tone} {...(title === undefined ? {} : { title })}>
      {verdict.words}
    </Badge>
  );
}
