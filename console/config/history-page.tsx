import { EmptyState } from '../components/empty-state.tsx';
import { Page } from '../components/page.tsx';

export default function HistoryPage() {
  return (
    <Page title="History">
      <EmptyState title="This page is being built" icon="history" />
    </Page>
  );
}
