import { createPaint, isColoured } from './colour.ts';

/** Says on standard error what takes its time, so that standard output stays what was asked for. */
export interface Progress {
  /** `say` shows the newest line of what works; it is seen on a terminal only. */
  step<T>(title: string, task: (say: (line: string) => void) => Promise<T>): Promise<T>;
  note(text: string): void;
}

export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const FRAME_MS = 100;
const CLEAR = '\r\x1b[K';

export function createProgress(output: ProgressOutput = process.stderr): Progress {
  const paint = createPaint(isColoured(output));
  const isLive = output.isTTY === true && process.env['TERM'] !== 'dumb';
  return {
    note: (text) => output.write(`${text}\n`),
    step: async (title, task) => {
      const startMs = performance.now();
      const live = isLive ? showLive(output, title, startMs) : null;
      if (live === null) output.write(`▸ ${title}\n`);
      let isDone = false;
      try {
        const result = await task(live?.say ?? (() => {}));
        isDone = true;
        return result;
      } finally {
        live?.end();
        const seconds = paint('dim', formatSeconds(performance.now() - startMs));
        if (live !== null)
          output.write(`${isDone ? paint('green', '✔') : paint('red', '✘')} ${title} ${seconds}\n`);
        else output.write(`  ${isDone ? 'done' : 'failed'} after ${seconds}\n`);
      }
    },
  };
}

/** For what takes a moment in a command whose own words count: a person sees it while it lasts, a program never does. */
export async function whileWaiting<T>(
  title: string,
  task: () => Promise<T>,
  output: ProgressOutput = process.stderr,
): Promise<T> {
  if (output.isTTY !== true || process.env['TERM'] === 'dumb') return task();
  const live = showLive(output, title, performance.now());
  try {
    return await task();
  } finally {
    live.end();
  }
}

/** One line that is written anew: a turning mark, how long it takes, and the newest words. */
function showLive(output: ProgressOutput, title: string, startMs: number) {
  let last = '';
  let frame = 0;
  const draw = () => {
    const mark = FRAMES[frame++ % FRAMES.length] ?? '';
    const text = `${mark} ${title} ${formatSeconds(performance.now() - startMs)}  ${last}`;
    output.write(`${CLEAR}${text.slice(0, (output.columns ?? 80) - 1)}`);
  };
  draw();
  const timer = setInterval(draw, FRAME_MS);
  timer.unref();
  return {
    say: (line: string) => {
      last = line.trim();
    },
    end: () => {
      clearInterval(timer);
      output.write(CLEAR);
    },
  };
}

export const formatSeconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
