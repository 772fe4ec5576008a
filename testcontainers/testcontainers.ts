/** What `lateen/testcontainers` exports. */
export { type MeshPackage, meshPackage } from '../cli/mesh-package.ts';
