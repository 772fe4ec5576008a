// What `lateen doctor` thinks of a machine: facts in, findings out.
import type { MachineFacts } from './facts.ts';
import { atLeast, type Finding, finding, ok } from './finding.ts';
import { engineFindings } from './judge-engine.ts';
import { hostFindings } from './judge-host.ts';

const LEAST_NODE = [20, 0] as const;

export function judgeMachine(facts: MachineFacts): Finding[] {
  const { engine } = facts;
  return [
    judgeNode(facts.nodeVersion),
    judgeEngine(facts),
    ...(engine === null ? [] : engineFindings(engine, facts)),
    judgeCompose(facts.compose),
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

const judgeCompose = ({ version, remedy }: MachineFacts['compose']): Finding =>
  remedy === '' ? ok('compose', version) : finding('error', 'compose', version, remedy);
