import { ComposeFault, type ComposeText, lineOfField } from './compose-text.ts';
import type { InjectContext } from './context.ts';
import { parseEnvText } from './env-text.ts';
import { type Fields, listOf, mappingOf, Tagged, textOf, type Value } from './value.ts';

/**
 * The labels of a service's `label_file` (Compose 2.32.2), as they would be written under `labels`; a later file wins.
 * @throws ComposeFault if one cannot be read
 */
export function readLabelFiles(
  value: Value,
  file: ComposeText,
  service: string,
  context: InjectContext,
): Value {
  const labels: Record<string, Value> = {};
  for (const item of listOf(value)) {
    const path = context.interpolate(textOf(item));
    const text = context.read(path, file.name);
    if (text === null)
      throw new ComposeFault(
        `the label_file ${path} of service ${service} cannot be read`,
        lineOfField(file, service, 'label_file'),
      );
    for (const [name, { text: label, isOpen }] of parseEnvText(text.text))
      labels[name] = (isOpen ? context.interpolate(label) : label).replaceAll('$', '$$$$');
  }
  return value instanceof Tagged ? new Tagged(value.tag, labels) : labels;
}

/** What a service says of itself by labels: those that are written out win over those of files, whoever says them. */
export const labelFields = (fields: Fields): Fields => ({
  ...mappingOf(fields['label_file']),
  ...mappingOf(fields['labels']),
});
