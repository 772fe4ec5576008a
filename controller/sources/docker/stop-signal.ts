const NUMBERS: Readonly<Record<string, string>> = {
  HUP: '1',
  INT: '2',
  QUIT: '3',
  KILL: '9',
  USR1: '10',
  USR2: '12',
  TERM: '15',
  WINCH: '28',
};

const number = (signal: string) => NUMBERS[signal.replace(/^SIG/, '')] ?? signal;

/** Whether a `kill` event means the container's end: its own stop signal (SIGTERM by default), or SIGKILL. */
export function isStopSignal(signal: string, stopSignal: string): boolean {
  const wanted = stopSignal === '' ? '15' : number(stopSignal);
  return number(signal) === wanted || number(signal) === '9';
}
