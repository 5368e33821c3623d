/** A line between a browser and the center that can be cut: the one of the demos, `motcua sim line`. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { order, program, site, until } from './site.mjs';

const isFree = (port) =>
  new Promise((done) => {
    const server = createServer().on('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });

/** Below the ports of outgoing connections: one of those could take it between looking and listening. */
async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (await isFree(port)) return port;
  }
}

/** Starts a line; `address` moves a page's address onto it. */
export async function line(after, base = site.base) {
  const [near, control] = [await freePort(), await freePort()];
  const far = new URL(base);
  const child = spawn(program, ['sim', 'line', '--listen', `127.0.0.1:${near}`, '--to', far.host, '--control', `127.0.0.1:${control}`], { stdio: 'ignore' });
  const ended = new Promise((done) => child.on('exit', done));
  after(async () => {
    child.kill();
    await ended;
  });
  const say = (word) => order(`127.0.0.1:${control}`, word);
  await until('the line is there', () => say('mend'));
  return {
    address: (page) => page.replace(base, `https://127.0.0.1:${near}`),
    cut: () => say('cut'),
    mend: () => say('mend'),
    hang: () => say('hang'),
  };
}
