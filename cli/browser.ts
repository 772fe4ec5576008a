import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const OPENERS: Readonly<Record<string, readonly string[]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** Browsers take their time to start. */
const FILE_LIVES_MS = 60_000;

/**
 * Opens a page in the user's browser; false = nothing here can. Whoever is logged in on a machine reads the command
 * lines of all (`ps`), so an address with a secret goes by way of a file that only its owner can read.
 */
export async function openBrowser(
  address: string,
  secret: string,
  fileLivesMs = FILE_LIVES_MS,
): Promise<boolean> {
  if (secret === '') return start(address);
  const folder = makeFolder();
  const file = join(folder, 'console.html');
  writeFileSync(file, forwardingPage(address + secret), { mode: 0o600, flag: 'wx' });
  const isOpen = await start(file);
  if (isOpen) removeLater(folder, fileLivesMs);
  else rmSync(folder, { recursive: true, force: true });
  return isOpen;
}

/** In the home folder, since a browser in a sandbox (Ubuntu's Firefox) does not see /tmp, nor what is hidden. */
function makeFolder(): string {
  for (const parent of [homedir(), tmpdir()]) {
    try {
      const folder = mkdtempSync(join(parent, 'lateen-console-'));
      chmodSync(folder, 0o700);
      return folder;
    } catch {
      // A home that cannot be written to.
    }
  }
  throw new Error(`neither ${homedir()} nor ${tmpdir()} can be written to`);
}

export function forwardingPage(address: string): string {
  const escaped = address.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);
  return [
    '<!doctype html><meta charset="utf-8"><title>Lateen</title><meta name="referrer" content="no-referrer">',
    `<meta http-equiv="refresh" content="0;url=${escaped}">`,
    `<p>To <a href="${escaped}">the console</a>.</p>`,
    '',
  ].join('\n');
}

/** By a process of its own: the command ends at once. */
function removeLater(folder: string, delayMs: number): void {
  const script = `setTimeout(() => require('node:fs').rmSync(process.argv[1], { recursive: true, force: true }), ${delayMs})`;
  spawn(process.execPath, ['-e', script, folder], { stdio: 'ignore', detached: true }).unref();
}

function start(target: string): Promise<boolean> {
  const [command = '', ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  return new Promise((resolve) => {
    const child = spawn(command, [...args, target], { stdio: 'ignore', detached: true });
    child.on('error', () => resolve(false));
    child.on('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
