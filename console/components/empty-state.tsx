import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.tsx';

export interface EmptyStateProps {
  readonly title: string;
  readonly icon?: IconName;
  /** What to do next, with the very lines to type. */
  readonly children?: ComponentChildren;
}

export function EmptyState({ title, icon = 'lost', children }: EmptyStateProps) {
  return (
    <section class="empty">
      <Icon name={icon} size={36} />
      <h2>{title}</h2>
      {children}
    </section>
  );
}
