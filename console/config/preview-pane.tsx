// What a change would do, and the button that does it.
import { useState } from 'preact/hooks';
import type { ConfigChange, PreviewView, ViolationView } from '../../model/console.ts';
import { type ApiFailure, keepToken, saveConfig, token } from '../api.ts';
import { Badge, type Tone } from '../components/badge.tsx';
import { useStatus } from '../components/frame.tsx';
import { Icon } from '../components/icon.tsx';
import { plural } from '../format.ts';
import { Diff } from './editor/lazy.tsx';
import { groupProxies, newElsewhere, type ProxyGroup } from './preview-groups.ts';
import { ProblemList } from './problem-list.tsx';
import { asFailure, type Preview } from './use-preview.ts';
import { WriteTokenForm } from './write-token-form.tsx';

export interface PreviewPaneProps {
  readonly change: ConfigChange;
  /** The file as it is on the disk. */
  readonly before: string;
  readonly preview: Preview;
  readonly known: readonly ViolationView[];
  readonly whyReadOnly: string;
  readonly onBack: () => void;
  readonly onGoTo: (line: number) => void;
  readonly onSaved: () => void;
  /** Somebody else wrote the file meanwhile. */
  readonly onConflict: () => void;
}

export function PreviewPane(props: PreviewPaneProps) {
  const { change, before, preview, known, onGoTo } = props;
  return (
    <div class="preview">
      <SaveBar {...props} />
      <Verdict preview={preview} file={change.file} known={known} onGoTo={onGoTo} />
      <section class="preview-part">
        <h2>In the file</h2>
        <Diff label={`Changes of ${change.file}`} before={before} after={change.text ?? ''} />
      </section>
      {preview.view !== undefined && <ProxyChanges view={preview.view} />}
    </div>
  );
}

function Verdict({
  preview: { view, failure },
  file,
  known,
  onGoTo,
}: Pick<PreviewPaneProps, 'preview' | 'known' | 'onGoTo'> & { readonly file: string }) {
  if (failure !== undefined) return <Failure failure={failure} />;
  if (view === undefined) return <p role="status">Asking what it would change …</p>;
  const own = view.violations.filter((violation) => violation.file === file);
  const elsewhere = newElsewhere(view, file, known);
  return (
    <>
      <div role="status">
        <Badge tone={toneOf([...own, ...elsewhere])}>{verdictOf([...own, ...elsewhere])}</Badge>
      </div>
      <ProblemList label="Problems of the file" violations={own} onGoTo={onGoTo} />
      <ProblemList label="Problems elsewhere" violations={elsewhere} />
    </>
  );
}

function Failure({ failure }: { readonly failure: ApiFailure }) {
  return (
    <p class="notice notice-bad" role="alert">
      {failure.message} {failure.remedy}
    </p>
  );
}

const count = (violations: readonly ViolationView[], severity: ViolationView['severity']) =>
  violations.filter((violation) => violation.severity === severity).length;

function toneOf(violations: readonly ViolationView[]): Tone {
  if (count(violations, 'Error') > 0) return 'bad';
  return count(violations, 'Warning') > 0 ? 'warn' : 'ok';
}

function verdictOf(violations: readonly ViolationView[]): string {
  const errors = count(violations, 'Error');
  const warnings = count(violations, 'Warning');
  if (errors > 0) return `${plural(errors, 'error')}: what has them would not come into force`;
  return warnings > 0 ? plural(warnings, 'warning') : 'Nothing is wrong with it';
}

function ProxyChanges({ view }: { readonly view: PreviewView }) {
  const groups = groupProxies(view.proxies);
  const total = groups.reduce((sum, { proxies }) => sum + proxies.length, 0);
  return (
    <section class="preview-part">
      <h2>At the proxies</h2>
      {total === 0 ? (
        <p class="soft">No proxy would get anything else than it has.</p>
      ) : (
        <p class="soft">{plural(total, 'proxy would', 'proxies would')} get something else.</p>
      )}
      {groups.map((group, index) => (
        <GroupChanges key={group.proxies.join()} group={group} isOpen={index === 0} />
      ))}
    </section>
  );
}

const TONES = { added: 'ok', changed: 'info', removed: 'bad' } as const;

function GroupChanges({
  group: { proxies, changes },
  isOpen,
}: {
  readonly group: ProxyGroup;
  readonly isOpen: boolean;
}) {
  const shown = proxies.length > 6 ? [...proxies.slice(0, 5), `${proxies.length - 5} more`] : proxies;
  return (
    <div class="preview-group">
      <h3>{shown.join(', ')}</h3>
      {changes.map((change, index) => (
        <ChangeDetails
          key={`${change.kind} ${change.name}`}
          title={`${change.kind} ${change.name}`}
          change={change}
          isOpen={isOpen && index === 0}
        />
      ))}
    </div>
  );
}

function ChangeDetails({
  title,
  change,
  isOpen,
}: {
  readonly title: string;
  readonly change: ProxyGroup['changes'][number];
  readonly isOpen: boolean;
}) {
  const [isShown, setShown] = useState(isOpen);
  return (
    <details
      class="preview-change"
      open={isShown}
      onToggle={(event) => setShown((event.currentTarget as HTMLDetailsElement).open)}
    >
      <summary>
        <Badge tone={TONES[change.change]}>{change.change}</Badge> <span class="soft">{change.kind}</span>{' '}
        <span class="mono">{change.name}</span>
      </summary>
      {isShown && <Diff label={title} before={change.before} after={change.after} />}
    </details>
  );
}

type Saving = 'idle' | 'saving' | 'needs-token';

function SaveBar({ change, preview, whyReadOnly, onBack, onSaved, onConflict }: PreviewPaneProps) {
  const { data: status } = useStatus();
  const [saving, setSaving] = useState<Saving>('idle');
  const [failure, setFailure] = useState<ApiFailure | undefined>(undefined);
  const isDeletion = change.text === null;
  const save = async (writeToken = token.peek()) => {
    if (writeToken === '') return setSaving('needs-token');
    setSaving('saving');
    setFailure(undefined);
    try {
      await saveConfig(change, writeToken);
      if (writeToken !== token.peek()) keepToken(writeToken);
      onSaved();
    } catch (error) {
      const why = asFailure(error);
      setFailure(why);
      setSaving(needsToken(why) ? 'needs-token' : 'idle');
      if (why.status === 409) onConflict();
    }
  };
  const why = whyReadOnly !== '' ? whyReadOnly : status?.canWrite === false ? status.whyReadOnly : '';
  const verb = isDeletion ? 'Delete' : 'Save';
  return (
    <header class="preview-head">
      <div class="preview-bar">
        <button type="button" onClick={onBack}>
          <Icon name="back" /> Back to the text
        </button>
        <h2 class="preview-title">
          {isDeletion ? 'Delete' : 'Preview of'} {change.file}
        </h2>
        <button
          type="button"
          class={isDeletion ? 'danger' : 'primary'}
          disabled={why !== '' || saving === 'saving' || preview.view === undefined}
          // The way here was Ctrl+S or a button: Enter goes on
          ref={(button) => void (preview.view !== undefined && saving === 'idle' && focusOnce(button))}
          onClick={() => void save()}
        >
          {saving === 'saving' ? 'Saving …' : verb}
        </button>
      </div>
      {why !== '' && <ReadOnlyNotice why={why} />}
      {saving === 'needs-token' && (
        <WriteTokenForm
          problem={failure !== undefined && needsToken(failure) ? failure.message : ''}
          onToken={(value) => void save(value)}
        />
      )}
      {failure !== undefined && !needsToken(failure) && failure.status !== 409 && (
        <Failure failure={failure} />
      )}
    </header>
  );
}

/** A wrong token may read no more than none (403); what is refused for another reason no token helps. */
const needsToken = ({ status, message }: ApiFailure) =>
  status === 401 || (status === 403 && message.includes('token'));

function focusOnce(button: HTMLButtonElement | null): void {
  if (button === null || button.dataset['seen'] === 'true' || button.disabled) return;
  button.dataset['seen'] = 'true';
  button.focus({ preventScroll: true });
}

export function ReadOnlyNotice({ why }: { readonly why: string }) {
  return (
    <p class="notice">
      <Icon name="lock" /> Read-only: {why}
    </p>
  );
}
