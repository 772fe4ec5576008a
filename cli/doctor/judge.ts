// What `lateen doctor` thinks of a machine: facts in, findings out.
import type { MachineFacts } from './facts.ts';
import { atLeast, type Finding, finding, ok } from './finding.ts';
import { engineFindings } from './judge-engine.ts';
import { hostFindings } from './judge-host.ts';

const LEAST_NODE = [20, 0] as const;
/** `include` came with Compose 2.20.0 (docs.docker.com/reference/compose-file/include). */
const LEAST_COMPOSE = [2, 20] as const;

export function judgeMachine(facts: MachineFacts): Finding[] {
  const { engine } = facts;
  return [
    judgeNode(facts.nodeVersion),
    judgeEngine(facts),
    ...(engine === null ? [] : engineFindings(engine, facts)),
    judgeCompose(facts.composeVersion),
    ...hostFindings(facts),
  ];
}

const judgeNode = (version: string): Finding =>
  atLeast(version, LEAST_NODE)
    ? ok('node', version)
    : finding('error', 'node', `${version} is too old`, 'Install Node 20 or newer.');

const judgeEngine = ({ engine, engineError, engineRemedy }: MachineFacts): Finding =>
  engine === null
    ? finding('error', 'engine', engineError, engineRemedy)
    : ok('engine', `${engine.isPodman ? 'Podman ' : ''}${engine.version}, ${engine.operatingSystem}`);

function judgeCompose(version: string | null): Finding {
  const remedy = 'Install the Compose plugin 2.20 or newer: docs.docker.com/compose/install.';
  if (version === null) return finding('error', 'compose', '`docker compose` does not answer', remedy);
  return atLeast(version, LEAST_COMPOSE)
    ? ok('compose', version)
    : finding('error', 'compose', `${version} is too old`, remedy);
}
