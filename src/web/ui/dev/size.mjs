/** What a first visit of each surface loads without fonts, gzip, in KB; its budget beside it. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const budgets = { kiosk: 90, hall: 90, tablet: 90, console: 250, fleet: 250 };
let over = false;
for (const [name, budget] of Object.entries(budgets)) {
  const html = readFileSync(join(dist, `${name}.html`));
  const files = [...html.toString().matchAll(/(?:src|href)="(\/assets\/[^"]+\.(?:js|css))"/g)].map((match) => match[1]);
  const bytes = [html, ...files.map((file) => readFileSync(join(dist, file)))].reduce((sum, body) => sum + gzipSync(body, { level: 9 }).length, 0);
  const kb = bytes / 1024;
  over ||= kb > budget;
  console.log(`${name.padEnd(8)} ${kb.toFixed(1).padStart(6)} KB of ${budget}`);
}
process.exit(over ? 1 : 0);
