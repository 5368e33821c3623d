/** What stands on the papers of the simulated ticket printer. Its code is drawn, so it is read as a telephone does. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { site } from './site.mjs';

// The reader of codes is somebody else's than the writer in the printer's driver.
const require = createRequire(new URL('../../src/web/ui/package.json', import.meta.url));
const { decodeQR } = require('qr/decode.js');

/** The code on the newest paper, without the address that may stand before it; nothing while there is no paper. */
export async function newestCode(page) {
  const folder = `${site.folder}/06658-1`;
  const lines = readFileSync(`${folder}/printer.jsonl`, 'utf8').trim().split('\n').filter(Boolean);
  const picture = lines.map((line) => JSON.parse(line)).filter((one) => one.event === 'cut' && one.picture).at(-1)?.picture;
  if (!picture) return undefined;
  const png = readFileSync(`${folder}/papers/${picture}`).toString('base64');
  // The browser knows the picture's format.
  const { width, height, dots } = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    return { width: bitmap.width, height: bitmap.height, dots: [...data.filter((_, at) => at % 4 === 0)] };
  }, png);
  const data = new Uint8ClampedArray(width * height * 4);
  dots.forEach((dot, at) => data.set([dot, dot, dot, 255], at * 4));
  try {
    return decodeQR({ width, height, data }).split('/').at(-1);
  } catch {
    // A paper without a code, as a slip may be.
    return undefined;
  }
}
