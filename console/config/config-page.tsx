import { useEffect, useMemo } from 'preact/hooks';
import type { ConfigFileView, ServiceView, WorkloadView } from '../../model/console.ts';
import { EmptyState } from '../components/empty-state.tsx';
import { Page } from '../components/page.tsx';
import { QueryView } from '../components/query-view.tsx';
import { configPath } from '../paths.ts';
import { type Query, useQuery } from '../query.ts';
import { navigate, place } from '../router.ts';
import { edited, reconciled } from './draft.ts';
import { drafts } from './drafts-store.ts';
import { FileEditor } from './file-editor.tsx';
import { FileList } from './file-list.tsx';
import { foldersOf } from './file-tree.ts';
import { type Known, knownOf } from './known.ts';
import { NewFile, RecipeCards } from './new-file.tsx';
import type { Schemas } from './schema-place.ts';
import './config.css';

export default function ConfigPage() {
  const files = useQuery<ConfigFileView[]>('/api/config', { topics: ['config'] });
  return (
    <QueryView query={files}>{(data) => <Configuration files={data} reload={files.reload} />}</QueryView>
  );
}

function Configuration({
  files,
  reload,
}: {
  readonly files: readonly ConfigFileView[];
  readonly reload: () => void;
}) {
  useEffect(() => {
    drafts.value = reconciled(drafts.peek(), files);
  }, [files]);
  const known = useKnown(files);
  const schemas = useQuery<Schemas>('/api/schemas', { topics: [] }).data;
  const { query } = place.value;
  const taken = [...files.map(({ file }) => file), ...Object.keys(drafts.value)];
  const wanted = query.get('new');
  if (wanted !== null)
    return (
      <NewFile
        id={wanted}
        known={known}
        taken={taken}
        onCreate={(file, text) => {
          drafts.value = edited(drafts.peek(), file, text, undefined);
          navigate(configPath({ file, line: 0 }));
        }}
      />
    );
  const file = query.get('file') ?? '';
  const isThere = taken.includes(file);
  return (
    <Page title="Configuration" isFull>
      {taken.length === 0 ? (
        <NothingYet />
      ) : (
        <div class={file === '' ? 'config config-list' : 'config'}>
          <FileList folders={foldersOf(files, drafts.value)} selected={file} />
          {file === '' && <ChooseFile />}
          {file !== '' && !isThere && <UnknownFile file={file} />}
          {isThere && (
            <FileEditor
              key={file}
              file={file}
              files={files}
              help={{ schemas: schemas ?? NO_SCHEMAS, known }}
              reload={reload}
            />
          )}
        </div>
      )}
    </Page>
  );
}

const NO_SCHEMAS: Schemas = {};
const NO_SERVICES: readonly ServiceView[] = [];
const NO_WORKLOADS: readonly WorkloadView[] = [];

function useKnown(files: readonly ConfigFileView[]): Known {
  const services = useList<ServiceView>(
    useQuery('/api/services', { topics: ['services', 'config'] }),
    NO_SERVICES,
  );
  const workloads = useList<WorkloadView>(
    useQuery('/api/workloads', { topics: ['workloads'] }),
    NO_WORKLOADS,
  );
  return useMemo(() => knownOf(services, workloads, files), [services, workloads, files]);
}

/** The page does not wait for it: without it less is offered. */
const useList = <T,>({ data }: Query<readonly T[]>, none: readonly T[]): readonly T[] => data ?? none;

function ChooseFile() {
  return (
    <div class="config-main config-choose">
      <EmptyState title="Choose a file, or begin with a recipe" icon="config" />
      <RecipeCards />
    </div>
  );
}

function UnknownFile({ file }: { readonly file: string }) {
  return (
    <div class="config-main">
      <EmptyState title={`There is no ${file}`} icon="lost">
        <p>It may have been removed. Its former text is in the history, as far as the controller saw it.</p>
        <a href={`/history?file=${encodeURIComponent(file)}`}>History of {file}</a>
      </EmptyState>
    </div>
  );
}

function NothingYet() {
  return (
    <>
      <EmptyState title="No rules yet" icon="config">
        <p>
          Each service answers as it did without a mesh. A rule is a YAML file in the directory{' '}
          <code>./mesh</code> beside the compose file; it acts as soon as it is saved there, or here. Begin
          with a recipe:
        </p>
      </EmptyState>
      <RecipeCards />
    </>
  );
}
