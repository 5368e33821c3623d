/** `npm run generate -- path/to/openapi.json` writes src/api/schema.d.ts. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [document] = process.argv.slice(2);
if (!document) {
  console.error('generate: name the OpenAPI document, for example: npm run generate -- openapi.json');
  process.exit(2);
}
const tool = join(root, 'node_modules', '.bin', 'openapi-typescript');
const done = spawnSync(tool, [document, '--output', join(root, 'src', 'api', 'schema.d.ts')], { stdio: 'inherit' });
process.exit(done.status ?? 1);
