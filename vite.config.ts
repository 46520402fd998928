/// <reference types="vitest/config" />
import { resolve } from 'node:path';
import { defineConfig } from 'vite';

const at = (path: string): string => resolve(import.meta.dirname, path);

// One bundle for Node with every dependency inside: it starts faster than a tree of files in
// node_modules, and what is packaged later needs no node_modules at all.
export default defineConfig({
  build: {
    ssr: true,
    outDir: at('dist'),
    emptyOutDir: true,
    target: 'node20',
    sourcemap: true,
    minify: false,
    rolldownOptions: {
      input: {
        berth: at('registry/cli/berth.ts'),
        registry: at('registry/index.ts'),
        'checkpoint-worker': at('registry/catalog/checkpoint-worker.ts'),
        'verify-worker': at('registry/verify/verify-worker.ts'),
      },
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      // depd, below koa, names its deprecated functions with eval.
      checks: { eval: false },
    },
  },
  ssr: { noExternal: true, resolve: { conditions: ['node', 'import', 'module', 'default'] } },
  test: {
    include: ['registry/**/*.test.ts', 'test/**/*.test.ts'],
    environment: 'node',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
