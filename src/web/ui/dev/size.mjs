/** What a first visit of each surface loads without fonts, gzip, in KB; its limit of `size.json` beside it. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, '..', 'dist');
const budgets = JSON.parse(readFileSync(join(here, 'size.json')));
/** Made by the hub without this build; the figures `surface_kb_status` and `surface_kb_cho` measure them as they are served. */
const MADE_BY_HUB = ['status', 'cho'];
let over = false;
for (const [name, budget] of Object.entries(budgets)) {
  if (MADE_BY_HUB.includes(name)) continue;
  const html = readFileSync(join(dist, `${name}.html`));
  const files = [...html.toString().matchAll(/(?:src|href)="(\/assets\/[^"]+\.(?:js|css))"/g)].map((match) => match[1]);
  const bytes = [html, ...files.map((file) => readFileSync(join(dist, file)))].reduce((sum, body) => sum + gzipSync(body, { level: 9 }).length, 0);
  const kb = bytes / 1024;
  over ||= kb > budget;
  console.log(`${name.padEnd(8)} ${kb.toFixed(1).padStart(6)} KB of ${budget}`);
}
process.exit(over ? 1 : 0);
