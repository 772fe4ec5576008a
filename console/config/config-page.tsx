import { EmptyState } from '../components/empty-state.tsx';
import { Page } from '../components/page.tsx';

export default function ConfigPage() {
  return (
    <Page title="Configuration">
      <EmptyState title="This page is being built" icon="config" />
    </Page>
  );
}
