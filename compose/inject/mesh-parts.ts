import { LABEL } from '../../model/labels.ts';
import type { ComposeProjectTexts } from './project.ts';
import { type Fields, fieldsOf, mappingOf, textOf, type Value } from './value.ts';

/** Volume that holds the control socket; compose/mesh.yml declares it. */
export const CONTROL_VOLUME = 'lateen-control';
/** The image, as compose/mesh.yml names it. */
export const IMAGE = `\${LATEEN_IMAGE:-lateen:0.1.0}`;

/** What the project says of the mesh itself. */
export interface MeshParts {
  /** compose/mesh.yml has to be included. */
  readonly isMissing: boolean;
  /** The controller's service; '' = the mesh is another project's. */
  readonly controller: string;
  readonly image: Value;
}

export function findMesh({ services, included, files }: ComposeProjectTexts): MeshParts {
  const own = [...services.values()].map(({ name, fields }) => ({ name, fields }));
  const others = included.flatMap(({ file }) => [...(file?.services.values() ?? [])]);
  const controller = [...own, ...others].find(isController);
  if (controller !== undefined)
    return { isMissing: false, controller: controller.name, image: controller.fields['image'] ?? IMAGE };
  // A package that is not installed yet.
  const isIncluded = included.some(({ path }) => /(^|\/)lateen\/compose\/mesh\.yml$/.test(path));
  if (isIncluded) return { isMissing: false, controller: 'lateen-controller', image: IMAGE };
  const isDeclared = files.some(({ fields }) => CONTROL_VOLUME in fieldsOf(fields['volumes']));
  return isDeclared
    ? { isMissing: false, controller: '', image: IMAGE }
    : { isMissing: true, controller: 'lateen-controller', image: IMAGE };
}

const isController = ({ fields }: { fields: Fields }) =>
  textOf(mappingOf(fields['labels'])[LABEL.role]) === 'controller';
