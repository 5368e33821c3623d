/** What was built runs on the oldest browser of the centers, Chrome 109, and fits its line. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ui = fileURLToPath(new URL('../../src/web/ui/', import.meta.url));
const require = createRequire(join(ui, 'package.json'));
const assets = join(ui, 'dist', 'assets');
const built = (kind) => readdirSync(assets).filter((name) => name.endsWith(kind)).map((name) => ({ name, text: readFileSync(join(assets, name), 'utf8') }));

// Not syntax, so no compiler lowers them: what came to Chrome after 109.
const LATER_CALLS = /\.(toSorted|toReversed|toSpliced|isWellFormed)\(|Object\.groupBy|Map\.groupBy|Promise\.(withResolvers|try)|Array\.fromAsync|URL\.(canParse|parse)\(|AbortSignal\.any\(|\.showPopover\(|\.isSubsetOf\(/;
const LATER_STYLES = /color-mix\(|oklch\(|text-wrap:\s*(balance|pretty)|@starting-style|@scope|@property|field-sizing|anchor-name|:popover-open|animation-timeline|view-transition|light-dark\(|scrollbar-gutter:.*both/;

test('no_script_needs_a_browser_newer_than_chrome_109', async () => {
  const { transformWithOxc } = await import(pathToFileURL(join(ui, 'node_modules/vite/dist/node/index.js')).href);
  const scripts = built('.js');
  assert.ok(scripts.length >= 5);
  for (const { name, text } of scripts) {
    const [old, now] = await Promise.all(['chrome109', 'esnext'].map((target) => transformWithOxc(text, name, { target, sourcemap: false })));
    assert.ok(old.code === now.code, `${name} has syntax that had to be rewritten for Chrome 109`);
    assert.equal(text.match(LATER_CALLS)?.[0], undefined, name);
  }
  // The comparison finds something where there is something.
  const sample = 'class A { static { this.b = 1 } } export const c = /x/v; using d = A;';
  const [old, now] = await Promise.all(['chrome109', 'esnext'].map((target) => transformWithOxc(sample, 'sample.js', { target })));
  assert.notEqual(old.code, now.code);
});

test('no_style_needs_a_browser_newer_than_chrome_109', () => {
  const { transform } = require('lightningcss');
  const lowered = (code, targets) => transform({ filename: 'a.css', code: Buffer.from(code), minify: true, ...(targets ? { targets } : {}) }).code.toString();
  const chrome109 = { chrome: 109 << 16 };
  for (const { name, text } of built('.css')) {
    assert.equal(lowered(text, chrome109), lowered(text), name);
    assert.equal(text.match(LATER_STYLES)?.[0], undefined, name);
  }
  const sample = '.a { color: red; .b & { color: blue } }';
  assert.notEqual(lowered(sample, chrome109), lowered(sample));
});

test('every_surface_fits_its_budget', () => {
  const said = execFileSync(process.execPath, ['dev/size.mjs'], { cwd: ui, encoding: 'utf8' });
  assert.match(said, /hall .+ of 90/);
});
