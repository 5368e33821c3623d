/**
 * The center that is tried: addresses and tokens of a running demo, what its people and devices do
 * beside the pages, and how a fact is waited for. `provision/browser` starts the demo and names its
 * file in MOTCUA_SITE; the LAN authority is in NODE_EXTRA_CA_CERTS, so that requests from here check
 * the certificate.
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const file = process.env.MOTCUA_SITE;
if (!file) throw new Error('MOTCUA_SITE names no file: run ./provision/browser');
const ready = JSON.parse(readFileSync(file, 'utf8'));
const [center, neighbour] = ready.centers;

/** The program that is tried. */
export const program = process.env.MOTCUA ?? new URL('../../target/debug/motcua', import.meta.url).pathname;

export const site = {
  base: center.base,
  authority: center.authority,
  hub: ready.hub,
  folder: ready.folder,
  password: ready.password,
  pages: center.pages,
  printer: center.printer_control,
  reader: center.reader_control,
  sign: center.sign_control,
  line: center.line_control,
  /** A second center, where nothing has happened. */
  neighbour,
};

/** The token in the address of a page. */
export const tokenOf = (surface) => new URLSearchParams(new URL(site.pages[surface]).hash.slice(1)).get('token');

/** Waits until `look` gives something that is neither empty nor an error; there is no other waiting. */
export async function until(what, look, within_ms = 10_000) {
  const deadline = Date.now() + within_ms;
  let last;
  for (;;) {
    try {
      const found = await look();
      if (found) return found;
      last = undefined;
    } catch (problem) {
      last = problem;
    }
    if (Date.now() > deadline) throw new Error(`not within ${within_ms} ms: ${what}${last ? ` (${last})` : ''}`);
    await new Promise((again) => setTimeout(again, 50));
  }
}

/** One order to a simulated device or line; it answers `ok`. */
export function order(address, text) {
  const [host, port] = address.split(':');
  return new Promise((done, failed) => {
    const socket = connect({ host, port: Number(port) });
    let answer = '';
    socket.setEncoding('utf8').setTimeout(5_000, () => socket.destroy(new Error(`${text}: no answer`)));
    socket.on('connect', () => socket.write(`${text}\n`));
    socket.on('data', (piece) => {
      answer += piece;
      if (!answer.includes('\n')) return;
      socket.end();
      if (/^ok|^\{/.test(answer)) done(answer.trim());
      else failed(new Error(`${text}: ${answer.trim()}`));
    });
    socket.on('error', failed);
    socket.on('close', () => failed(new Error(`${text}: closed without an answer`)));
  });
}

/** A request beside the pages; a refusal is thrown with its code. */
export async function send(method, path, { body, headers = {}, base = site.base } = {}) {
  const response = await fetch(base + path, {
    method,
    signal: AbortSignal.timeout(10_000),
    headers: {
      ...headers,
      ...(method === 'GET' ? {} : { 'Idempotency-Key': randomUUID() }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = text ? JSON.parse(text) : undefined;
  if (!response.ok) throw Object.assign(new Error(`${method} ${path}: ${response.status} ${answer?.code}`), { code: answer?.code });
  return answer;
}

/** Takes a number without the kiosk's page, and faster than a kiosk may. */
export async function issue(service, priority_ground) {
  const headers = { Authorization: `Bearer ${center.load_token}` };
  const body = priority_ground ? { service, priority_ground } : { service };
  return (await send('POST', '/api/v1/tickets', { headers, body })).ticket;
}

/** All votes that the center has taken, counted at its box: no page and no answer says so before there are five. */
export async function votesTaken() {
  const { held, journalled } = JSON.parse(execFileSync(program, ['check', 'votes', '--config', center.config], { encoding: 'utf8' }));
  return held + journalled;
}

/** What the hall shows now. */
export const hall = () => send('GET', '/api/v1/hall', { headers: { Authorization: `Bearer ${tokenOf('hall')}` } });

const signedIn = new Map();

/** An officer at another desk: the same requests as the console, without its page. */
export async function officer(login, base = site.base) {
  const known = signedIn.get(`${base}|${login}`);
  if (known) return known;
  const response = await fetch(`${base}/api/v1/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ login, password: site.password }),
  });
  if (!response.ok) throw new Error(`${login} cannot log in: ${response.status}`);
  const { csrf } = await response.json();
  const cookie = response.headers.getSetCookie().map((one) => one.split(';')[0]).join('; ');
  const headers = { Cookie: cookie, 'X-CSRF-Token': csrf };
  const who = {
    get: (path) => send('GET', `/api/v1${path}`, { headers, base }),
    post: (path, body) => send('POST', `/api/v1${path}`, { headers, body, base }),
    forgetCard: (counter) => send('DELETE', `/api/v1/counters/${counter}/card`, { headers }),
    at: (counter, verb, body = {}) => send('POST', `/api/v1/counters/${counter}/${verb}`, { headers, body }),
  };
  signedIn.set(`${base}|${login}`, who);
  return who;
}

/** A ticket as the officers' list has it now. */
export async function ticketNamed(label) {
  const { tickets } = await (await officer('giam-doc')).get('/tickets');
  return tickets.find((ticket) => ticket.label === label);
}

/** Nobody waits, nobody is served, every counter is closed: a file of tests starts calmly. */
export async function emptyHall() {
  const head = await officer('giam-doc');
  for (const { number, state, officer: by } of await head.get('/counters')) {
    if (state === 'closed') continue;
    const own = await officer(by ?? `officer-${number}`);
    if (state === 'paused') await own.at(number, 'open');
    for (;;) {
      const { tickets } = await head.get('/tickets');
      const { current } = (await head.get('/counters')).find((counter) => counter.number === number);
      const [here] = tickets.filter((ticket) => ticket.id === current);
      const [held] = tickets.filter((ticket) => ticket.state === 'on_hold' && ticket.counter === number);
      if (!here && !held) break;
      if (!here) await own.at(number, 'resume', { ticket: held.id });
      else if (here.state === 'called') await own.at(number, 'no-show');
      else await own.at(number, 'complete');
    }
    await own.at(number, 'close');
  }
  const { tickets } = await head.get('/tickets');
  for (const ticket of tickets.filter((one) => one.state === 'waiting')) await head.post(`/tickets/${ticket.id}/cancel`, { reason: 'hết buổi' });
}

/** Ends a page's session at the center, as time does after an idle hour. */
export async function endSession(context) {
  const address = `${site.base}/api/v1/session`;
  const { csrf } = await (await context.request.get(address)).json();
  const ended = await context.request.delete(address, { headers: { 'X-CSRF-Token': csrf } });
  if (!ended.ok()) throw new Error(`the session does not end: ${ended.status()}`);
}

/** Receives a dossier as the console does; all its papers were given. */
export async function receive(login, counter, applicant, procedure = 'Đăng ký khai sinh') {
  const who = await officer(login);
  await who.at(counter, 'open');
  const found = await who.get(`/procedures?q=${encodeURIComponent(procedure)}`);
  const { code, papers } = found.find((one) => one.name === procedure);
  const components = papers.map(({ seq, originals, copies }) => ({ seq, originals, copies, received: true }));
  const { dossier } = await who.post('/dossiers', { procedure: code, counter, applicant, components });
  return dossier;
}
