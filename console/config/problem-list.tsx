import type { ViolationView } from '../../model/console.ts';
import type { Tone } from '../components/badge.tsx';
import { Badge } from '../components/badge.tsx';
import { configPath } from '../paths.ts';

const TONES: Readonly<Record<ViolationView['severity'], Tone>> = {
  Error: 'bad',
  Warning: 'warn',
  Info: 'info',
};

/** What is wrong, where, and what to do. `onGoTo`: the file is open; without it each is a link to its file. */
export function ProblemList({
  label,
  violations,
  onGoTo,
}: {
  readonly label: string;
  readonly violations: readonly ViolationView[];
  readonly onGoTo?: (line: number) => void;
}) {
  if (violations.length === 0) return null;
  return (
    <ul class="problems" aria-label={label}>
      {violations.map((violation, index) => (
        <li key={index} class="problem">
          <Badge tone={TONES[violation.severity]}>{violation.severity.toLowerCase()}</Badge>
          <div>
            <p>
              <Place violation={violation} onGoTo={onGoTo} /> {violation.message}
            </p>
            {violation.remedy !== '' && <p class="soft">{violation.remedy}</p>}
          </div>
          <code class="problem-code">{violation.code}</code>
        </li>
      ))}
    </ul>
  );
}

function Place({
  violation: { file, line },
  onGoTo,
}: {
  readonly violation: ViolationView;
  readonly onGoTo: ((line: number) => void) | undefined;
}) {
  if (onGoTo === undefined)
    return (
      <a class="mono" href={configPath({ file, line })}>
        {line > 0 ? `${file}:${line}` : file}
      </a>
    );
  return (
    <button type="button" class="link mono" onClick={() => onGoTo(Math.max(1, line))}>
      line {Math.max(1, line)}
    </button>
  );
}
