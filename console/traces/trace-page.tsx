import { EmptyState } from '../components/empty-state.tsx';
import { Page } from '../components/page.tsx';

export default function TracePage() {
  return (
    <Page title="Trace">
      <EmptyState title="This page is being built" icon="traces" />
    </Page>
  );
}
