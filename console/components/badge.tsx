import type { ComponentChildren } from 'preact';

export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'idle';

/** A form for each tone: colour alone tells nothing to who cannot see it. */
const MARKS: Readonly<Record<Tone, string>> = { ok: '●', warn: '▲', bad: '✕', info: '◆', idle: '○' };

export interface BadgeProps {
  readonly tone: Tone;
  readonly children: ComponentChildren;
  readonly title?: string;
}

export function Badge({ tone, children, title }: BadgeProps) {
  return (
    <span class={`badge badge-${tone}`} title={title}>
      <span class="badge-mark" aria-hidden="true">
        {MARKS[tone]}
      </span>
      {children}
    </span>
  );
}
