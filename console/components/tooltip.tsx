import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

/** More about a word or a figure, for who points at it or comes to it by keyboard. */
export function Tooltip({ text, children }: { readonly text: string; readonly children: ComponentChildren }) {
  const id = useId();
  return (
    <span class="tooltip">
      <button type="button" class="tooltip-word" aria-describedby={id}>
        {children}
      </button>
      <span class="tooltip-text" role="tooltip" id={id}>
        {text}
      </span>
    </span>
  );
}
