/// <reference types="vitest/config" />
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { resolve } from 'node:path';
import { defineConfig } from 'vite';
import { licences } from './resources/licences.ts';

const at = (path: string): string => resolve(import.meta.dirname, path);

// What Electron brings along; everything else is inside the bundles.
const external = ['electron'];

// Three bundles, one command. What runs in Node has every dependency inside: it starts faster than a tree
// of files in node_modules, and what is packaged needs no node_modules at all.
export default defineConfig({
  root: at('renderer'),
  base: './',
  plugins: [svelte(), svelteTesting(), licences(at('.'))],
  builder: {
    async buildApp({ environments: { node, preload, client }, build }) {
      // The first one empties dist/, in which the others have their places.
      for (const environment of [node, preload, client]) if (environment) await build(environment);
    },
  },
  environments: {
    client: {
      build: { outDir: at('dist/window'), emptyOutDir: true, target: 'chrome142', assetsInlineLimit: 0 },
    },
    node: {
      consumer: 'server',
      resolve: { conditions: ['node', 'import', 'module', 'default'], noExternal: true, external },
      build: {
        ssr: true,
        outDir: at('dist'),
        emptyOutDir: true,
        copyPublicDir: false,
        target: 'node20',
        sourcemap: true,
        minify: false,
        rolldownOptions: {
          external,
          input: {
            berth: at('registry/cli/berth.ts'),
            registry: at('registry/index.ts'),
            main: at('main/main.ts'),
            'checkpoint-worker': at('registry/catalog/checkpoint-worker.ts'),
            'verify-worker': at('registry/verify/verify-worker.ts'),
            'archive-layer-worker': at('registry/images/archives/archive-layer-worker.ts'),
            'zstd-worker': at('registry/images/tar/zstd-worker.ts'),
            'files-worker': at('registry/images/files/files-worker.ts'),
          },
          output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
          // depd, below koa, names its deprecated functions with eval.
          checks: { eval: false },
        },
      },
    },
    preload: {
      consumer: 'server',
      resolve: { conditions: ['node', 'import', 'module', 'default'], noExternal: true, external },
      build: {
        ssr: true,
        outDir: at('dist'),
        emptyOutDir: false,
        copyPublicDir: false,
        target: 'chrome142',
        minify: false,
        rolldownOptions: {
          external,
          input: { preload: at('main/preload.ts') },
          // A sandboxed preload must be one CommonJS file.
          output: { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false },
        },
      },
    },
  },
  test: {
    // Most of them wait for browsers, daemons and disks: two keep the smallest machine busy, and more are in
    // each other's way.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'node',
          root: at('.'),
          environment: 'node',
          include: ['registry/**/*.test.ts', 'main/**/*.test.ts', 'test/**/*.test.ts'],
          // Many wait for browsers and daemons, on machines that are shared.
          testTimeout: 90_000,
          hookTimeout: 90_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'window',
          testTimeout: 30_000,
          root: at('.'),
          environment: 'jsdom',
          include: ['renderer/**/*.test.ts'],
          setupFiles: [at('renderer/test-setup.ts')],
          css: true,
        },
      },
    ],
  },
});
