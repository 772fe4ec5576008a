import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/**
 * A SQLite file that is kept over restarts. One that cannot be read, or is of another version of the program, is thrown
 * away: what is kept so is good to have, and no more.
 * @param file `:memory:` = it is kept nowhere
 * @param setup makes the tables where they are missing
 */
export function openDatabase(file: string, version: number, setup: string): DatabaseSync {
  try {
    return setUp(file, version, setup);
  } catch (error) {
    if (file === ':memory:') throw error;
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
    return setUp(file, version, setup);
  }
}

function setUp(file: string, version: number, setup: string): DatabaseSync {
  const database = new DatabaseSync(file);
  const found = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  if (found !== 0 && found !== version) {
    database.close();
    throw new Error(`the file is of version ${found}`);
  }
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA user_version = ${version}; ${setup}`);
  return database;
}
