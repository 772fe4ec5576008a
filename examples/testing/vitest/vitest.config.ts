import { defineConfig } from 'vitest/config';

/** The first run may have to build the image of the mesh. */
export default defineConfig({ test: { hookTimeout: 180_000, testTimeout: 60_000 } });
