/** A line between a browser and the center that can be cut: the one of the demos, `motcua sim line`. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { order, site, until } from './site.mjs';

const program = process.env.MOTCUA ?? new URL('../../target/debug/motcua', import.meta.url).pathname;

const freePort = () =>
  new Promise((done, failed) => {
    const server = createServer().on('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/** Starts a line; `address` moves a page's address onto it. */
export async function line(after) {
  const [near, control] = [await freePort(), await freePort()];
  const far = new URL(site.base);
  const child = spawn(program, ['sim', 'line', '--listen', `127.0.0.1:${near}`, '--to', far.host, '--control', `127.0.0.1:${control}`], { stdio: 'ignore' });
  const ended = new Promise((done) => child.on('exit', done));
  after(async () => {
    child.kill();
    await ended;
  });
  const say = (word) => order(`127.0.0.1:${control}`, word);
  await until('the line is there', () => say('mend'));
  return {
    address: (page) => page.replace(site.base, `https://127.0.0.1:${near}`),
    cut: () => say('cut'),
    mend: () => say('mend'),
    hang: () => say('hang'),
  };
}
