import { join } from 'node:path';

/** What the controller is told by its environment; compose/mesh.yml sets it. */
export interface Settings {
  /** `LATEEN_MESH`; '' = the compose project's name. */
  readonly meshId: string;
  readonly stateDirectory: string;
  readonly configDirectory: string;
  readonly secretsDirectory: string;
  readonly authorityDirectory: string;
  readonly consoleDirectory: string;
  readonly logLevel: string;
  /** A mesh of tests (docs/testing.md). */
  readonly isTest: boolean;
  /** Who sends it may read the debug pages from the network; '' = nobody may. */
  readonly adminToken: string;
  /** Who sends it may save files in the console; '' = nobody may. */
  readonly writeToken: string;
}

/** @param programDirectory where the built pages lie beside the program */
export function readSettings(env: NodeJS.ProcessEnv, programDirectory: string): Settings {
  return {
    meshId: env['LATEEN_MESH'] ?? '',
    stateDirectory: env['LATEEN_STATE_DIR'] ?? '/var/lib/lateen',
    configDirectory: env['LATEEN_MESH_DIR'] ?? '/etc/lateen/mesh',
    secretsDirectory: env['LATEEN_SECRETS_DIR'] ?? '/etc/lateen/secrets',
    authorityDirectory: env['LATEEN_CACERTS_DIR'] ?? '/etc/lateen/cacerts',
    consoleDirectory: env['LATEEN_CONSOLE_DIR'] ?? join(programDirectory, 'console'),
    logLevel: env['LATEEN_LOG_LEVEL'] ?? 'info',
    isTest: env['LATEEN_TEST_MESH'] === '1',
    adminToken: env['LATEEN_ADMIN_TOKEN'] ?? '',
    writeToken: env['LATEEN_WRITE_TOKEN'] ?? '',
  };
}
