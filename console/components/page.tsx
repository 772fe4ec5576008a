import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';

export interface PageProps {
  readonly title: string;
  /** Beside the title: badges, or what the thing is. */
  readonly lead?: ComponentChildren;
  /** On the right: filters and buttons. */
  readonly actions?: ComponentChildren;
  /** `/services`, 'Services': where a detail page came from. */
  readonly parent?: { readonly href: string; readonly title: string };
  readonly isFull?: boolean;
  readonly children: ComponentChildren;
}

/** `isFull`: the content takes what the window has, and scrolls by itself. */
export function Page({ title, lead, actions, parent, isFull = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Lateen`;
  }, [title]);
  return (
    <div class={isFull ? 'page page-full' : 'page'}>
      <header class="page-head">
        <div class="page-title">
          {parent && (
            <a class="page-parent" href={parent.href}>
              {parent.title}
              <span aria-hidden="true"> /</span>
            </a>
          )}
          <h1>{title}</h1>
          {lead}
        </div>
        {actions && <div class="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Section({
  title,
  lead,
  children,
}: {
  readonly title: string;
  readonly lead?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  return (
    <section class="section">
      <header class="section-head">
        <h2>{title}</h2>
        {lead}
      </header>
      {children}
    </section>
  );
}
