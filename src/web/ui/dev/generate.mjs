/**
 * `npm run generate -- center.json hub.json` writes src/api/schema.d.ts from the center's document
 * (`motcua openapi`) and src/api/hub-schema.d.ts from the hub's (`motcua openapi --hub`). Only what
 * the client's types need is kept: paths, bodies, answers, records.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';

const [center, hub] = process.argv.slice(2);
if (!center || !hub) {
  console.error('generate: name both OpenAPI documents: npm run generate -- center.json hub.json');
  process.exit(2);
}
await write(center, 'schema.d.ts', "the center's");
await write(hub, 'hub-schema.d.ts', "the hub's");

async function write(document, name, whose) {
  const api = JSON.parse(readFileSync(document, 'utf8'));
  for (const path of Object.values(api.paths)) {
    for (const operation of Object.values(path)) {
      // Without an id an operation is written where it stands; two of the same name would overwrite each other.
      delete operation.operationId;
      delete operation.tags;
      operation.parameters = operation.parameters?.filter((parameter) => parameter.in !== 'header');
      operation.responses = Object.fromEntries(Object.entries(operation.responses).filter(([status]) => status.startsWith('2')));
    }
  }
  const plain = JSON.parse(JSON.stringify(api, (key, value) => (key === 'description' || key === 'summary') && typeof value === 'string' ? undefined : value));
  // `description` is required in a response.
  for (const path of Object.values(plain.paths)) {
    for (const operation of Object.values(path)) for (const response of Object.values(operation.responses)) response.description = '';
  }

  let written = astToString(await openapiTS(plain))
    .replace(/^\s+(requestBody|get|put|post|delete|options|head|patch|trace|query|header|path|cookie)\?: never;\n/gm, '')
    .replace(/^\s+(headers|parameters): \{\n(\s+\[name: string\]: unknown;\n)?\s+\};\n/gm, '')
    .replace(/^\s*\/\*\*[^]*?\*\/\n/gm, '')
    .replace(/^export type (webhooks|\$defs|operations) .*\n/gm, '')
    .replace(/^ +/gm, (indent) => ' '.repeat(indent.length / 2));
  // A block with one member stands on one line, as long as that reads well.
  for (let before = ''; before !== written; ) {
    before = written;
    written = written.replace(/^( *)(.*)\{\n\s+([^\n{}]*(?:\{[^\n]*\})?[^\n{}]*);\n\s*\};$/gm, (whole, indent, head, member) => {
      const line = `${indent}${head}{ ${member} };`;
      return line.length <= 130 ? line : whole;
    });
  }
  const target = join(dirname(fileURLToPath(import.meta.url)), '..', 'src', 'api', name);
  writeFileSync(target, `/* Written by dev/generate.mjs from ${whose} OpenAPI document: change the server, not this. */\n${written}`);
  console.log(`${target}: ${written.split('\n').length} lines`);
}
