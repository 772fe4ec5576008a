import { EmptyState } from '../components/empty-state.tsx';
import { Page } from '../components/page.tsx';

export default function ServicePage() {
  return (
    <Page title="Service">
      <EmptyState title="This page is being built" icon="services" />
    </Page>
  );
}
