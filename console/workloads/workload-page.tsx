import { EmptyState } from '../components/empty-state.tsx';
import { Page } from '../components/page.tsx';

export default function WorkloadPage() {
  return (
    <Page title="Workload">
      <EmptyState title="This page is being built" icon="workloads" />
    </Page>
  );
}
