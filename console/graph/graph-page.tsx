import { EmptyState } from '../components/empty-state.tsx';
import { Page } from '../components/page.tsx';

export default function GraphPage() {
  return (
    <Page title="Graph">
      <EmptyState title="This page is being built" icon="graph" />
    </Page>
  );
}
