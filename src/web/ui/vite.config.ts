import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The release, from the one place that says it. */
const [, version = 'unknown'] = /^version = "(.+)"$/m.exec(readFileSync(resolve(import.meta.dirname, '../../../Cargo.toml'), 'utf8')) ?? [];

const surfaces = ['kiosk', 'hall', 'console', 'tablet', 'counter', 'fleet', 'dat-lich'];

export default defineConfig({
  base: '/',
  define: { 'import.meta.env.MOTCUA_VERSION': JSON.stringify(version) },
  build: {
    // The oldest browser in the centers.
    target: 'chrome109',
    outDir: 'dist',
    assetsDir: 'assets',
    // The pages' policy is default-src 'self': no data: addresses, and no inline script that preloads.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      output: {
        codeSplitting: { groups: [{ name: 'react', test: /node_modules.(react|react-dom|scheduler)/ }] },
      },
      input: Object.fromEntries(surfaces.map((name) => [name, resolve(import.meta.dirname, `${name}.html`)])),
    },
  },
  server: {
    proxy: {
      '/api': { target: `http://127.0.0.1:${process.env['MOCK_PORT'] ?? '8780'}` },
      '/live': { target: `http://127.0.0.1:${process.env['MOCK_PORT'] ?? '8780'}`, ws: true },
    },
  },
  test: {
    include: ['src/**/*.test.ts', 'src/**/*.test.tsx'],
    environment: 'node',
  },
});
