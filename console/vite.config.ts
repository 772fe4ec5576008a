import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** `npx vite console` serves it while it is worked on; the API is then that of a controller on 20001. */
export default defineConfig({
  root: here('.'),
  publicDir: here('public'),
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('../dist/console'),
    emptyOutDir: true,
    target: 'es2023',
    // All that is loaded is a file of the same origin: the server's Content-Security-Policy allows nothing else.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/api': process.env['LATEEN_CONSOLE'] ?? 'http://127.0.0.1:20001' } },
  logLevel: 'warn',
});
