import type { Violation } from '../../istio/violation.ts';
import { LABEL } from '../../model/labels.ts';
import { agentFields, agentName, commonFields } from './agent-service.ts';
import { applicationFields, bystanderFields, overIncluded } from './application-service.ts';
import { chooseServices } from './choose.ts';
import { ComposeFault, type ComposeText, parseComposeText } from './compose-text.ts';
import type { InjectContext } from './context.ts';
import { labelFields } from './label-files.ts';
import { joinTexts, type NamedText, takeBack, withDocument } from './marks.ts';
import { findMesh, type MeshParts } from './mesh-parts.ts';
import { printPair } from './print-value.ts';
import { type ComposeProjectTexts, type ProjectService, readProject } from './project.ts';
import { portClashes } from './published-ports.ts';
import { printAgent, printCommon, rewrite } from './rewrite.ts';
import { type Fields, listOf, type Value } from './value.ts';
import { fileViolation, serviceViolation } from './violations.ts';

export interface InjectOptions extends InjectContext {
  /** Every service with a network of its own, but those that refuse; else those whose labels ask for it. */
  readonly isAll: boolean;
  /** Path of compose/mesh.yml from the project's folder: included where nobody does. */
  readonly meshFile: string;
}

export interface Injected {
  /** null = refused, and `violations` say why; else they are warnings. */
  readonly text: string | null;
  readonly violations: readonly Violation[];
  /** Services that have an agent now. */
  readonly services: readonly string[];
  /** The mesh was not in the project: an `include` was written. */
  readonly addsMesh: boolean;
}

/**
 * Compose files with an agent for each chosen service: a service of its own that owns the network namespace, and is
 * healthy before the application starts. Texts that were injected before are injected anew. Pure.
 */
export function inject(given: readonly NamedText[], options: InjectOptions): Injected {
  const read = readTexts(given);
  if ('violation' in read) return refused([read.violation]);
  try {
    const project = readProject(read.files, options);
    const { chosen, violations } = chooseServices(project, options, options.isAll);
    const faults = [...violations, ...portClashes(withMesh(project, options), options)];
    if (faults.some(({ severity }) => severity === 'Error')) return refused(faults);
    if (chosen.length === 0) return refused([...faults, noneChosen(project)]);
    const names = new Set(chosen.map(({ name }) => name));
    const result = rewriteAll(project, names, findMesh(project), options);
    return { ...result, violations: [...faults, ...result.violations] };
  } catch (error) {
    if (error instanceof ComposeFault) return refused([unreadable(read.files[0]?.name ?? '', error)]);
    throw error;
  }
}

const refused = (violations: readonly Violation[]): Injected => ({
  ...{ text: null, violations, services: [] },
  addsMesh: false,
});

function readTexts(
  given: readonly NamedText[],
): { files: readonly ComposeText[] } | { violation: Violation } {
  const files: ComposeText[] = [];
  for (const named of given) {
    const originals = takeBack(named);
    if (originals === null) return { violation: damagedMarks(named.name) };
    for (const original of originals) {
      try {
        files.push(parseComposeText(original));
      } catch (error) {
        if (!(error instanceof ComposeFault)) throw error;
        return { violation: unreadable(original.name, error) };
      }
    }
  }
  return { files };
}

export function damagedMarks(file: string): Violation {
  return fileViolation(file, 0, {
    code: 'LAT0309',
    message: 'a mark that `lateen inject` wrote is missing or stands twice',
    remedy: 'Inject the original anew.',
  });
}

function unreadable(file: string, { message, line }: ComposeFault): Violation {
  return fileViolation(file, line, {
    code: 'LAT0301',
    message,
    remedy: 'Mend it; `docker compose config` checks it too.',
  });
}

function noneChosen({ files, services }: ComposeProjectTexts): Violation {
  const own = [...services.values()].filter(({ fields }) => labelFields(fields)[LABEL.role] === undefined);
  return fileViolation(files[0]?.name ?? '', 0, {
    code: 'LAT0308',
    message: `none of its ${own.length} services asks for an agent`,
    remedy: 'Write the label lateen.inject: "true" for those that are to have one, or say --all.',
  });
}

/** The gateway's ports count where the mesh is to be included, too. */
function withMesh(project: ComposeProjectTexts, options: InjectOptions): ComposeProjectTexts {
  const [first] = project.files;
  const mesh =
    findMesh(project).isMissing && first !== undefined ? options.read(options.meshFile, first.name) : null;
  if (mesh === null || first === undefined) return project;
  const file = parseComposeText(mesh);
  const own = [...file.services].map(([name, { fields }]): [string, ProjectService] => [
    name,
    { name, fields, files: [file], included: fields },
  ]);
  return { ...project, services: new Map([...own, ...project.services]) };
}

function rewriteAll(
  project: ComposeProjectTexts,
  chosen: ReadonlySet<string>,
  mesh: MeshParts,
  options: InjectOptions,
): Injected {
  const isChosen = (name: string) => chosen.has(name);
  const texts: NamedText[] = [];
  for (const file of project.files) {
    const isFirst = texts.length === 0;
    const result = rewrite(file, {
      services: wantedServices(file, project, isChosen, options),
      agents: wantedAgents(file, project, isChosen),
      common: commonFields(mesh),
      include: isFirst && mesh.isMissing ? withInclude(file, options.meshFile) : null,
      heading: isFirst ? heading(project) : file.document.directives?.docStart === true ? [] : ['---'],
    });
    if ('failed' in result) return refused([cannotRewrite(project, result.failed)]);
    texts.push({ name: file.name, text: result.text });
  }
  const last = texts.pop() as NamedText;
  texts.push({ ...last, text: withDocument(last.text, overDocument(project, isChosen, mesh)) });
  return { text: joinTexts(texts), violations: [], services: [...chosen], addsMesh: mesh.isMissing };
}

function wantedServices(
  file: ComposeText,
  { services }: ComposeProjectTexts,
  isChosen: (name: string) => boolean,
  options: InjectOptions,
): Map<string, Fields> {
  const wanted = [...file.services.keys()].flatMap((name): [string, Fields][] => {
    const service = services.get(name);
    if (service === undefined) return [];
    const fieldsFor = isChosen(name) ? applicationFields : bystanderFields;
    return [[name, fieldsFor(file, service, isChosen, options)]];
  });
  return new Map(wanted);
}

function wantedAgents(
  file: ComposeText,
  { services }: ComposeProjectTexts,
  isChosen: (name: string) => boolean,
) {
  const own = [...services.values()].filter(({ name, files }) => isChosen(name) && files[0] === file);
  return new Map(own.map((service) => [service.name, agentOf(service, isChosen)]));
}

const agentOf = ({ name, fields }: ProjectService, isChosen: (name: string) => boolean) => ({
  name: agentName(name),
  fields: agentFields(name, fields, isChosen),
});

/** Who includes a file cannot change its services; a document behind it can, as a file that is given after it. */
function overDocument(
  { services }: ComposeProjectTexts,
  isChosen: (name: string) => boolean,
  mesh: MeshParts,
): string[] {
  const lines = [...services.values()]
    .filter(({ included }) => included !== null)
    .flatMap((service) => {
      const over = overIncluded(service, isChosen);
      const agent = isChosen(service.name) ? printAgent(agentOf(service, isChosen), 2) : [];
      if (Object.keys(over).length === 0) return [];
      return [`  # Of ${service.files[0]?.name}.`, ...printPair(service.name, over, 2), ...agent];
    });
  return lines.length === 0 ? [] : ['---', ...printCommon(commonFields(mesh)), 'services:', ...lines];
}

function withInclude(file: ComposeText, meshFile: string): Value {
  return [{ path: meshFile, project_directory: '.' }, ...listOf(file.fields['include'])];
}

function heading({ files }: ComposeProjectTexts): string[] {
  const names = files.map(({ name }) => name).join(', ');
  return [
    `# Written by \`lateen inject\` out of ${names}.`,
    '# Each agent is a service of its own. What was put in stands between marks like those around these lines, and what',
    '# was taken out is kept as a comment: `lateen uninject` undoes both, and leaves alone whatever else is edited.',
  ];
}

function cannotRewrite({ services, files }: ComposeProjectTexts, name: string): Violation {
  const complaint = {
    code: 'LAT0310',
    message: 'it is written in a way that cannot be rewritten without changing what it means',
    remedy: 'Write the service out, in block style and without aliases.',
  };
  const service = services.get(name);
  return service === undefined
    ? fileViolation(files[0]?.name ?? '', 0, complaint)
    : serviceViolation(service, '', complaint);
}
