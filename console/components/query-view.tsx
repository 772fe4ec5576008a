import type { ComponentChildren } from 'preact';
import type { Query } from '../query.ts';
import { EmptyState } from './empty-state.tsx';
import { TokenForm } from './token-form.tsx';

/** What a question's answer looks like; without one, why there is none. An old answer is shown rather than nothing. */
export function QueryView<T>({
  query,
  children,
}: {
  readonly query: Query<T>;
  readonly children: (data: T) => ComponentChildren;
}) {
  const { data, failure, reload } = query;
  if (data !== undefined)
    return (
      <>
        {failure && !failure.isAway && <p class="notice notice-bad">{failure.message}</p>}
        {children(data)}
      </>
    );
  if (failure === undefined) return <div class="loading" role="status" aria-label="Loading" />;
  if (failure.needsToken) return <TokenForm />;
  return (
    <EmptyState title={failure.message} icon="alert">
      <p>{failure.remedy}</p>
      <button type="button" onClick={reload}>
        Ask again
      </button>
    </EmptyState>
  );
}
