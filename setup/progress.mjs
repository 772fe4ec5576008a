// What a person sees while a command works. Plain JavaScript: runs on Node 20 with an empty node_modules.

const isColored = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
const paint = (code, text) => (isColored ? `\x1b[${code}m${text}\x1b[0m` : text);

export const bold = (text) => paint('1', text);
export const dim = (text) => paint('2', text);
export const green = (text) => paint('32', text);
export const red = (text) => paint('31', text);

/** A fault that the reader can mend: printed as two lines, without a stack. */
export class SetupError extends Error {
  constructor(message, remedy) {
    super(message);
    this.remedy = remedy;
  }
}

export const say = (text) => console.log(text);

/** Says what starts, runs it, says how long it took. */
export async function step(title, task) {
  const startMs = performance.now();
  say(`${bold('▸')} ${title}`);
  const result = await task();
  say(`  ${dim(`done in ${formatSeconds(performance.now() - startMs)}`)}`);
  return result;
}

export const formatSeconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** The outermost frame of every command: exit status and a readable last word. */
export async function main(task) {
  try {
    process.exitCode = (await task()) ?? 0;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`\n${red('✘')} ${error.message}`);
    if (error.remedy) console.error(`  Remedy: ${error.remedy}`);
    process.exitCode = 1;
  }
}
