import { stringify } from 'yaml';
import { LABEL } from '../../model/labels.ts';

/** A compose file that is put over the user's own ones: nothing but the label of each service that gets an agent. */
export function renderOverride(project: string, meshed: readonly string[]): string {
  const services = Object.fromEntries(meshed.map((name) => [name, { labels: { [LABEL.inject]: 'true' } }]));
  return `# Made by \`lateen up\` for the project ${project}; \`lateen down\` removes it.\n${stringify({ services })}`;
}
