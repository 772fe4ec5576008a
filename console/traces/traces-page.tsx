import { EmptyState } from '../components/empty-state.tsx';
import { Page } from '../components/page.tsx';

export default function TracesPage() {
  return (
    <Page title="Traces">
      <EmptyState title="This page is being built" icon="traces" />
    </Page>
  );
}
