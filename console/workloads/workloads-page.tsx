import { EmptyState } from '../components/empty-state.tsx';
import { Page } from '../components/page.tsx';

export default function WorkloadsPage() {
  return (
    <Page title="Workloads">
      <EmptyState title="This page is being built" icon="workloads" />
    </Page>
  );
}
