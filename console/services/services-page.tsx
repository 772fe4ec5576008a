import { EmptyState } from '../components/empty-state.tsx';
import { Page } from '../components/page.tsx';

export default function ServicesPage() {
  return (
    <Page title="Services">
      <EmptyState title="This page is being built" icon="services" />
    </Page>
  );
}
