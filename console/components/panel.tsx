import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from './icon.tsx';

export interface PanelProps {
  readonly title: string;
  readonly lead?: ComponentChildren;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A drawer beside the page, which stays usable; on a phone it comes from below. Escape closes it. */
export function Panel({ title, lead, onClose, children }: PanelProps) {
  const head = useRef<HTMLHeadingElement>(null);
  // Another title is another thing that was chosen
  useEffect(() => {
    const before = document.activeElement;
    head.current?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement || before instanceof SVGElement)
        before.focus({ preventScroll: true });
    };
  }, [title]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && !event.defaultPrevented && onClose();
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [onClose]);
  return (
    <aside class="panel" aria-label={title}>
      <header class="panel-head">
        <h2 ref={head} tabIndex={-1}>
          {title}
        </h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
        {lead && <div class="panel-lead">{lead}</div>}
      </header>
      <div class="panel-body">{children}</div>
    </aside>
  );
}
