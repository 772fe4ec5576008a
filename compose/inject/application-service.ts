import { agentName, isOfNetwork, linksOf, MOVED } from './agent-service.ts';
import type { ComposeText } from './compose-text.ts';
import type { InjectContext } from './context.ts';
import { baseOf, extendedFields, type ProjectService } from './project.ts';
import {
  bare,
  emptyOf,
  type Fields,
  fieldsOf,
  isEmpty,
  isFields,
  listOf,
  mappingOf,
  Plain,
  Tagged,
  textOf,
  type Value,
} from './value.ts';

const STARTED: Fields = { condition: 'service_started' };

/** As nothing over what is extended, and over what a merge key brings, which `!reset` would let through. */
const silenced = (value: Value | undefined): Value => new Tagged('!override', emptyOf(value as Value));

/** Compose gives this name by itself. Written down it makes `--scale` fail, which an agent cannot be shared by. */
export const containerName = (service: string): string => `\${COMPOSE_PROJECT_NAME}-${service}-1`;

/** What one file is to say of a service whose agent owns its namespace. */
export function applicationFields(
  file: ComposeText,
  service: ProjectService,
  isChosen: (service: string) => boolean,
  context: InjectContext,
): Fields {
  const own = file.services.get(service.name)?.fields ?? {};
  const base = baseOf(file, service.name, context);
  const inherited = extendedFields(file, service.name, context);
  // What the base loses itself need not be taken away once more.
  const isBaseStripped = base !== null && base.file === file && isChosen(base.service);
  const fields: Record<string, Value> = { ...own };
  for (const name of MOVED) {
    delete fields[name];
    if (name !== 'network_mode' && !isBaseStripped && !isEmpty(inherited[name]))
      fields[name] = silenced(inherited[name]);
  }
  keepOwnSysctls(fields, own, isBaseStripped ? {} : inherited);
  const agent = agentName(service.name);
  const isFirst = service.files[0] === file;
  if (isFirst) {
    fields['network_mode'] = `service:${agent}`;
    if (isEmpty(service.fields['container_name'])) fields['container_name'] = containerName(service.name);
  }
  const written = own['depends_on'];
  if (isFirst && isBaseStripped) {
    const all = { ...dependencies(inherited['depends_on']), ...dependencies(written) };
    fields['depends_on'] = new Tagged('!override', withAgent(all, agent));
  } else if (isFirst) fields['depends_on'] = rewrap(written, withAgent(dependencies(written), agent));
  else if (written instanceof Tagged)
    fields['depends_on'] = rewrap(written, withAgent(dependencies(written), agent));
  return fields;
}

/** Compose restarts an application after `restart` of its agent alone: Docker leaves it in a dead namespace. */
const withAgent = (dependsOn: Fields, agent: string): Fields => ({
  [agent]: { condition: 'service_healthy', restart: new Plain('true') },
  ...dependsOn,
});

function rewrap(written: Value | undefined, value: Fields): Value {
  return written instanceof Tagged ? new Tagged('!override', value) : value;
}

/** The short form means that the other has started. */
function dependencies(value: Value | undefined): Fields {
  if (value instanceof Tagged && value.tag === '!reset') return {};
  const inner = bare(value);
  if (isFields(inner)) return inner;
  return Object.fromEntries(listOf(inner).map((name) => [textOf(name), STARTED]));
}

function keepOwnSysctls(fields: Record<string, Value>, own: Fields, inherited: Fields): void {
  const names = Object.keys(mappingOf(inherited['sysctls']));
  if (own['sysctls'] === undefined && !names.some(isOfNetwork)) return;
  const mapping = {
    ...(names.some(isOfNetwork) ? mappingOf(inherited['sysctls']) : {}),
    ...mappingOf(own['sysctls']),
  };
  const rest = Object.entries(mapping).filter(([name]) => !isOfNetwork(name));
  if (rest.length === Object.keys(mapping).length) return;
  delete fields['sysctls'];
  if (names.some(isOfNetwork)) fields['sysctls'] = new Tagged('!override', Object.fromEntries(rest));
  else if (rest.length > 0) fields['sysctls'] = Object.fromEntries(rest);
}

/** What one file is to say of a service without an agent: as before, but for its ways to services that have one. */
export function bystanderFields(
  file: ComposeText,
  service: ProjectService,
  isChosen: (service: string) => boolean,
  context: InjectContext,
): Fields {
  const own = file.services.get(service.name)?.fields ?? {};
  const fields = { ...own, ...rerouted(own, isChosen) };
  return { ...fields, ...restored(file, service.name, fields, isChosen, context) };
}

/** Ways to services that have an agent now, as they must be written. */
function rerouted(own: Fields, isChosen: (service: string) => boolean): Fields {
  const fields: Record<string, Value> = {};
  const needed: string[] = [];
  const [mode = '', target = ''] = textOf(own['network_mode']).split(':');
  if (mode === 'service' && isChosen(target)) {
    fields['network_mode'] = `service:${agentName(target)}`;
    needed.push(target);
  }
  const linked = listOf(own['links']).map((link) => textOf(link).split(':')[0] ?? '');
  if (linked.some(isChosen)) {
    fields['links'] = linksOf(own, isChosen);
    needed.push(...linked.filter(isChosen));
  }
  const dependsOn = dependencies(own['depends_on']);
  const missing = needed.filter((name) => dependsOn[name] === undefined);
  // It started with them, and still does.
  if (missing.length > 0)
    fields['depends_on'] = { ...dependsOn, ...Object.fromEntries(missing.map((name) => [name, STARTED])) };
  return fields;
}

/** What is put over a service of an included file; {} = it stays as it is there. */
export function overIncluded(service: ProjectService, isChosen: (service: string) => boolean): Fields {
  const said = service.included ?? {};
  if (isChosen(service.name)) return overIncludedApplication(service, said);
  const { links, ...fields } = rerouted(said, isChosen);
  return links === undefined ? fields : { ...fields, links: new Tagged('!override', links) };
}

function overIncludedApplication({ name, fields: all }: ProjectService, said: Fields): Fields {
  const fields: Record<string, Value> = { network_mode: `service:${agentName(name)}` };
  if (isEmpty(all['container_name'])) fields['container_name'] = containerName(name);
  fields['depends_on'] = withAgent({}, agentName(name));
  for (const moved of MOVED)
    if (moved !== 'network_mode' && !isEmpty(said[moved])) fields[moved] = silenced(said[moved]);
  keepOwnSysctls(fields, {}, said);
  return fields;
}

/** Of a base in the same file that has an agent now: what was inherited from it, and what now would be. */
function restored(
  file: ComposeText,
  name: string,
  own: Fields,
  isChosen: (service: string) => boolean,
  context: InjectContext,
): Fields {
  const base = baseOf(file, name, context);
  if (base === null || base.file !== file || !isChosen(base.service)) return {};
  const inherited = extendedFields(file, name, context);
  const fields: Record<string, Value> = {};
  for (const field of [...MOVED, 'sysctls']) {
    const value = inherited[field];
    if (isEmpty(value) || field === 'network_mode') continue;
    fields[field] = mergedForOwn(field, value as Value, own[field]);
  }
  if (own['network_mode'] === undefined) {
    fields['network_mode'] = inherited['network_mode'] ?? silenced('');
    // An empty mode would leave it without any network.
    if (isEmpty(inherited['network_mode'])) fields['networks'] ??= own['networks'] ?? ['default'];
  }
  if (own['container_name'] === undefined)
    fields['container_name'] = inherited['container_name'] ?? silenced('');
  const dependsOn = { ...dependencies(inherited['depends_on']), ...dependencies(own['depends_on']) };
  fields['depends_on'] = new Tagged('!override', dependsOn);
  return fields;
}

function mergedForOwn(field: string, inherited: Value, own: Value | undefined): Value {
  if (own === undefined) return inherited;
  if (['networks', 'sysctls'].includes(field)) return { ...mappingOf(inherited), ...mappingOf(own) };
  if (isFields(inherited) && isFields(own)) return { ...fieldsOf(inherited), ...fieldsOf(own) };
  return Array.isArray(own) || Array.isArray(inherited) ? [...listOf(inherited), ...listOf(own)] : own;
}
