// One file: its text with what is wrong in it, its weights as sliders, and the way to the disk.
import { useMemo, useRef } from 'preact/hooks';
import type { ConfigChange, ConfigFileView, ViolationView } from '../../model/console.ts';
import { Badge } from '../components/badge.tsx';
import { useStatus } from '../components/frame.tsx';
import { Icon } from '../components/icon.tsx';
import { plural } from '../format.ts';
import { navigate, place, setQuery } from '../router.ts';
import { ConflictBanner } from './conflict-banner.tsx';
import { diagnosticsOf } from './diagnostics.ts';
import { type DraftState, draftState, edited, rebased, saved, without } from './draft.ts';
import { drafts } from './drafts-store.ts';
import type { Help } from './editor/language-help.ts';
import { Editor } from './editor/lazy.tsx';
import type { EditorHandle } from './editor/yaml-editor.tsx';
import { PreviewPane, ReadOnlyNotice } from './preview-pane.tsx';
import { ProblemList } from './problem-list.tsx';
import { usePreview } from './use-preview.ts';
import { applyEdits } from './weights.ts';
import { WeightsPanel } from './weights-panel.tsx';

export interface FileEditorProps {
  readonly file: string;
  readonly files: readonly ConfigFileView[];
  readonly help: Help;
  readonly reload: () => void;
}

const TYPING_PAUSE_MS = 500;

const withoutReturns = (text: string) => text.replaceAll('\r\n', '\n');

export function FileEditor({ file, files, help, reload }: FileEditorProps) {
  const { data: status } = useStatus();
  const handle = useRef<EditorHandle | null>(null);
  const onDisk = files.find((each) => each.file === file);
  const draft = drafts.value[file];
  const state = draftState(draft, onDisk);
  const text = draft?.text ?? onDisk?.text ?? '';
  // The editor knows one kind of line end; the file keeps its own
  const shown = useMemo(() => withoutReturns(text), [text]);
  const setText = (next: string) => {
    const now = drafts.peek()[file]?.text ?? onDisk?.text ?? '';
    const asFile = now.includes('\r\n') ? next.replaceAll('\n', '\r\n') : next;
    drafts.value = edited(drafts.peek(), file, asFile, onDisk);
  };

  const pane = place.value.query.get('preview');
  const change: ConfigChange | null =
    pane === 'delete'
      ? { file, text: null, basedOn: onDisk?.hash ?? '' }
      : state === 'none'
        ? null
        : { file, text, basedOn: draft?.basedOn ?? '' };
  const preview = usePreview(change, pane === null ? TYPING_PAUSE_MS : 0);
  const violations = useViolations(state, onDisk, preview.view?.violations, file);
  const diagnostics = useMemo(() => diagnosticsOf(shown, violations), [shown, violations]);
  const whyReadOnly = onDisk?.whyReadOnly ?? '';
  const goTo = (line: number) => {
    if (pane === null) handle.current?.goTo(line);
    else setQuery({ preview: '', line: String(line) });
  };

  if (pane !== null && change !== null)
    return (
      <div class="config-main">
        <ConflictBanner {...conflictOf(state, file, text, onDisk)} />
        <PreviewPane
          change={change}
          before={onDisk?.text ?? ''}
          preview={preview}
          known={files.flatMap((each) => each.violations)}
          whyReadOnly={whyReadOnly}
          onBack={() => setQuery({ preview: '' })}
          onGoTo={goTo}
          onConflict={reload}
          onSaved={() => {
            drafts.value =
              change.text === null
                ? without(drafts.peek(), file)
                : saved(drafts.peek(), file, change.text, onDisk?.hash ?? '');
            reload();
            if (change.text === null) navigate('/config', { replace: true });
            else setQuery({ preview: '', line: '' });
          }}
        />
      </div>
    );
  return (
    <div class="config-main">
      <FileBar file={file} state={state} onDisk={onDisk} isReadOnly={whyReadOnly !== ''} />
      {whyReadOnly !== '' && <ReadOnlyNotice why={whyReadOnly} />}
      {whyReadOnly === '' && status?.canWrite === false && (
        <ReadOnlyNotice
          why={`${status.whyReadOnly.replace(/\.$/, '')}. You can still try changes out and preview them.`}
        />
      )}
      <ConflictBanner {...conflictOf(state, file, text, onDisk)} />
      <div class="config-work">
        <Editor
          file={file}
          text={shown}
          readText={() => withoutReturns(drafts.peek()[file]?.text ?? onDisk?.text ?? '')}
          isReadOnly={whyReadOnly !== ''}
          diagnostics={diagnostics}
          help={help}
          line={Number(place.value.query.get('line') ?? 0)}
          onChange={setText}
          onSave={() => draftState(drafts.peek()[file], onDisk) !== 'none' && setQuery({ preview: 'change' })}
          onReady={(ready) => {
            handle.current = ready;
          }}
        />
        <WeightsPanel
          text={shown}
          isReadOnly={whyReadOnly !== ''}
          onEdit={(edits) => {
            // The editor is still being loaded: the sliders are there already
            if (handle.current === null) setText(applyEdits(shown, edits));
            else handle.current.apply(edits);
          }}
        />
      </div>
      <Problems violations={violations} onGoTo={goTo} />
    </div>
  );
}

/** Of the text that is shown: what the controller says of the file, or of the draft when it was last asked. */
function useViolations(
  state: DraftState,
  onDisk: ConfigFileView | undefined,
  previewed: readonly ViolationView[] | undefined,
  file: string,
): readonly ViolationView[] {
  const last = useRef<readonly ViolationView[]>(onDisk?.violations ?? NONE);
  return useMemo(() => {
    if (state === 'none') last.current = onDisk?.violations ?? NONE;
    else if (previewed !== undefined) last.current = previewed.filter((violation) => violation.file === file);
    return last.current;
  }, [state, onDisk, previewed, file]);
}

const NONE: readonly ViolationView[] = [];

function conflictOf(state: DraftState, file: string, mine: string, onDisk: ConfigFileView | undefined) {
  return {
    ...{ state, file, mine, theirs: onDisk?.text ?? '' },
    onKeepMine: () => {
      drafts.value = rebased(drafts.peek(), file, onDisk);
    },
    onTakeTheirs: () => {
      drafts.value = without(drafts.peek(), file);
    },
  };
}

function FileBar({
  file,
  state,
  onDisk,
  isReadOnly,
}: {
  readonly file: string;
  readonly state: DraftState;
  readonly onDisk: ConfigFileView | undefined;
  readonly isReadOnly: boolean;
}) {
  const isChanged = state !== 'none';
  const discard = () => {
    drafts.value = without(drafts.peek(), file);
    if (onDisk === undefined) navigate('/config', { replace: true });
  };
  return (
    <header class="file-bar">
      <a class="file-back" href="/config" aria-label="All files">
        <Icon name="back" />
      </a>
      <h2 class="file-title">{file}</h2>
      <FileState state={state} onDisk={onDisk} />
      <div class="file-actions">
        {onDisk !== undefined && (
          <a class="button" href={`/history?file=${encodeURIComponent(file)}`}>
            History
          </a>
        )}
        {isChanged ? (
          <button type="button" onClick={discard}>
            Discard
          </button>
        ) : (
          !isReadOnly && (
            <button type="button" onClick={() => setQuery({ preview: 'delete' }, { replace: false })}>
              Delete
            </button>
          )
        )}
        <button
          type="button"
          class="primary"
          disabled={!isChanged}
          title="Ctrl+S"
          onClick={() => setQuery({ preview: 'change', line: '' }, { replace: false })}
        >
          Preview and save
        </button>
      </div>
    </header>
  );
}

function FileState({
  state,
  onDisk,
}: {
  readonly state: DraftState;
  readonly onDisk: ConfigFileView | undefined;
}) {
  if (state !== 'none') return <Badge tone="info">{state === 'new' ? 'new, not saved' : 'not saved'}</Badge>;
  if (onDisk === undefined || (onDisk.isInForce && onDisk.documents.length === 0)) return null;
  if (onDisk.isInForce) return <Badge tone="ok">in force</Badge>;
  if (!onDisk.violations.some(({ severity }) => severity === 'Error')) return null;
  return (
    <Badge
      tone="bad"
      title="Documents with errors do not act: their last good version does, if there was one"
    >
      not in force as it is
    </Badge>
  );
}

function Problems({
  violations,
  onGoTo,
}: {
  readonly violations: readonly ViolationView[];
  readonly onGoTo: (line: number) => void;
}) {
  if (violations.length === 0) return null;
  return (
    <section class="config-problems" aria-label="Problems">
      <h2>{plural(violations.length, 'problem')}</h2>
      <ProblemList label="Problems of the file" violations={violations} onGoTo={onGoTo} />
    </section>
  );
}
