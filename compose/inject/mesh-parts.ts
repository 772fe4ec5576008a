import { LABEL } from '../../model/labels.ts';
import { labelFields } from './label-files.ts';
import { allTexts, type ComposeProjectTexts } from './project.ts';
import { type Fields, fieldsOf, textOf, type Value } from './value.ts';

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

export function findMesh(project: ComposeProjectTexts): MeshParts {
  const { services, included } = project;
  const controller = [...services.values()].find(isController);
  if (controller !== undefined)
    return { isMissing: false, controller: controller.name, image: controller.fields['image'] ?? IMAGE };
  // A package that is not installed yet.
  const isIncluded = included.some(({ path }) => isMeshFile(path));
  if (isIncluded) return { isMissing: false, controller: 'lateen-controller', image: IMAGE };
  const isDeclared = allTexts(project).some(({ fields }) => CONTROL_VOLUME in fieldsOf(fields['volumes']));
  return isDeclared
    ? { isMissing: false, controller: '', image: IMAGE }
    : { isMissing: true, controller: 'lateen-controller', image: IMAGE };
}

/** Of an installed package, which need not be there yet. */
export const isMeshFile = (path: string): boolean => /(^|\/)lateen\/compose\/mesh\.yml$/.test(path);

const isController = ({ fields }: { fields: Fields }) =>
  textOf(labelFields(fields)[LABEL.role]) === 'controller';
