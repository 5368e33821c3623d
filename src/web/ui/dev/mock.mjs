/**
 * A server for work on the pages alone: the built pages, sample data, a queue that moves, live updates.
 * Nothing is stored. `POST /mock` with any of {scene, silent, down, printer, uplink, device_refused,
 * session, vote_refused} changes how it behaves, so that each state of a page can be looked at.
 */
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import * as data from './mock-data.mjs';

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2', '.svg': 'image/svg+xml' };
const policy = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
const pages = ['kiosk', 'hall', 'console', 'tablet', 'counter', 'fleet', 'dat-lich'];

/** What a list shows of a dossier. */
const rowOf = (one) => ({
  ...one, applicant_name: one.applicant.name, applicant_number: one.applicant.citizen_number?.replace(/.(?=.{4})/g, '*') ?? null,
  due: one.deadline.due, due_at: one.deadline.due_at, result_title: one.result?.title ?? null, returned_at: one.returned?.at ?? null,
  applicant: undefined, note: undefined, components: undefined, deadline: undefined, result: undefined, returned: undefined,
});

const state = { version: 1, tickets: [], counters: [], calls: [], now: null, dossiers: [], messages: [], card: null, token: null, jobs: {}, orders: [], numbers: {} };
const mode = { silent: false, down: false, printer: 'ok', uplink: 'online', device_refused: false, session: true, vote_refused: false, calling: false, clock: 'ok', role: 'officer', hall_counters: 0 };

const at = (minutes = 0) => new Date(Date.now() - minutes * 60_000).toISOString();
const find = (list, id) => list.find((one) => one.id === id);

function issue(service, ground, minutes = 0) {
  const series = find(data.services.map((s) => ({ ...s, id: s.code })), service)?.series ?? 'A';
  const number = (state.numbers[series] = (state.numbers[series] ?? 0) + 1);
  const ticket = {
    id: `t-${series}${number}`, business_day: at().slice(0, 10), series, number, label: `${series}${String(number).padStart(3, '0')}`, service,
    class: ground ? 'priority' : 'regular', priority_ground: ground ?? null, state: 'waiting', issued_at: at(minutes), queued_at: at(minutes),
    called_at: null, begun_at: null, finished_at: null, counter: null, recall_count: 0, last_called_at: null, return_used: false,
    call_reason: null, printed: mode.printer === 'ok' ? 'printed' : 'failed', rev: 1,
  };
  state.tickets.push(ticket);
  return ticket;
}

function scene(name) {
  Object.assign(state, { tickets: [], calls: [], now: null, card: null, token: null, jobs: {}, numbers: {}, dossiers: [], messages: [], orders: [] });
  state.counters = structuredClone(data.counters);
  if (name === 'empty') {
    state.counters.forEach((counter) => Object.assign(counter, { state: 'closed', officer: null, officer_name: null }));
  } else {
    const plan = [['justice', null], ['land', null], ['justice', null], ['justice', 'elderly'], ['land', null], ['society', null], ['justice', null], ['building', null], ['justice', null], ['land', 'disabled'], ['justice', null], ['result', null], ['justice', null], ['society', null]];
    plan.forEach(([service, ground], n) => issue(service, ground, 44 - n * 3));
    act(2, 'call-next'); act(2, 'begin');
    act(1, 'call-next'); act(1, 'complete'); act(1, 'call-next'); act(1, 'no-show'); act(1, 'call-next'); act(1, 'begin'); act(1, 'hold', { reason: 'Bổ sung giấy tờ' });
    act(1, 'call-next');
    state.tickets.filter((ticket) => ticket.label === 'H002').forEach((ticket) => (ticket.printed = 'failed'));
    for (let n = 0; n < 6; n += 1) state.dossiers.push(data.dossier());
    for (let n = 0; n < 3; n += 1) state.dossiers.push(data.dossier({ state: 9, result: { title: 'Giấy chứng nhận', ready_at: at(90), by: 'lan' } }));
    state.dossiers.push(data.dossier({ state: 10, result: { title: 'Trích lục', ready_at: at(200), by: 'lan' }, returned: { at: at(30), by: 'lan', collector: null } }));
    state.dossiers.push(data.dossier({ custody: { state: 'offered', from: '06685-1', at: at(7) }, holder: '06685-1', origin: '06685-1' }));
    state.dossiers.push(data.dossier({ custody: { state: 'handing_over', to: '06652-1', at: at(3) } }));
    state.messages = data.messages();
    state.orders = data.orders();
  }
  changed();
}

const refuse = (status, code, message, message_en) => ({ status, body: { code, message, message_en, details: {} } });

function act(number, verb, body = {}) {
  const counter = state.counters.find((one) => one.number === number);
  const current = counter.current ? find(state.tickets, counter.current) : null;
  const done = (ticket, reason) => ({ status: 200, body: { counter, ticket: ticket ?? null, reason: reason ?? null } });
  const leave = (next) => { Object.assign(current, { state: next, finished_at: at(), rev: current.rev + 1 }); counter.current = null; return done(current); };
  const announce = (ticket, kind) => {
    clearTimeout(state.quiet);
    state.quiet = setTimeout(() => { state.now = null; changed(); }, mode.calling ? 3_600_000 : 4_000);
    state.now = { label: ticket.label, counter: number, since: at(), voice: [] };
    state.calls.unshift({ label: ticket.label, counter: number, kind, at: at() });
  };
  switch (verb) {
    case 'open': Object.assign(counter, { state: 'open', pause_reason: null, officer: 'lan', officer_name: 'Nguyễn Thị Lan' }); return done();
    case 'pause': Object.assign(counter, { state: 'paused', pause_reason: body.reason }); return done();
    case 'close': Object.assign(counter, { state: 'closed', officer: null, officer_name: null }); return done();
    case 'call-next': {
      if (current) return refuse(409, 'queue.counter_busy', `Quầy đang có số ${current.label}. Hoàn thành hoặc tạm hoãn số này trước.`, `The counter still has ${current.label}. Complete it or put it on hold first.`);
      const waiting = state.tickets.filter((ticket) => ticket.state === 'waiting' && counter.services.includes(ticket.service));
      const next = waiting.find((ticket) => ticket.class === 'priority') ?? waiting[0];
      if (!next) return refuse(409, 'queue.nobody_waiting', 'Không có người chờ ở các lĩnh vực của quầy này.', 'Nobody is waiting for the services of this counter.');
      const over = next.class === 'priority' ? waiting.find((ticket) => ticket.class === 'regular')?.label ?? null : null;
      const reason = {
        policy: 'guard', waited_s: 900, over_waited_s: over ? 1080 : null, previous: null, rule: next.class !== 'priority' ? 'only_regular' : over ? 'priority_first' : 'only_priority', over, oldest_regular_wait_s: 1080, threshold_s: 1800,
        sentence: over ? `${next.label} trước ${over}: ưu tiên, người chờ thường lâu nhất mới 18 phút, dưới 30 phút.` : `${next.label} chờ lâu nhất.`,
        sentence_en: over ? `${next.label} before ${over}: priority, the oldest regular has waited 18 minutes, under 30.` : `${next.label} has waited longest.`,
      };
      Object.assign(next, { state: 'called', counter: number, called_at: at(), last_called_at: at(), call_reason: reason });
      counter.current = next.id;
      announce(next, 'call');
      return done(next, reason);
    }
    case 'recall': current.recall_count += 1; announce(current, 'recall'); return done(current);
    case 'begin': Object.assign(current, { state: 'serving', begun_at: at() }); return done(current);
    case 'complete': return leave('completed');
    case 'next-services': current.next_services = body.services; return done(current);
    case 'go-on': Object.assign(current, { service: current.next_services.shift(), begun_at: at() }); return done(current);
    case 'no-show': return leave('no_show');
    case 'hold': Object.assign(current, { state: 'on_hold' }); counter.current = null; return done(current);
    case 'resume': { const held = find(state.tickets, body.ticket); Object.assign(held, { state: 'serving', counter: number }); counter.current = held.id; return done(held); }
    case 'transfer': {
      Object.assign(current, { state: 'waiting', counter: null, service: body.service ?? state.counters.find((one) => one.number === body.counter).services[0] });
      counter.current = null;
      return done(current);
    }
    default: return refuse(404, 'http.not_found', 'Không có việc này.', 'No such thing.');
  }
}

const waitingFor = (service, cls) => state.tickets.filter((ticket) => ticket.state === 'waiting' && ticket.service === service && ticket.class === cls).length;
const uplink = () => ({
  state: mode.uplink, entries_waiting: mode.uplink === 'online' ? 0 : 12, blobs_waiting: 0, bytes_waiting: 480_000, connections: 1, frames_under_way: 0, frames_repeated: 0, messages_spoilt: 0, reports: 0, last_ack_at: at(mode.uplink === 'online' ? 0 : 9),
  reason_code: mode.uplink === 'online' ? null : 'link.broker_away',
});
const clockState = () => ({ state: mode.clock, now: at(), machine: at() });
/** As many service groups as a scene wants: the delivered ones, 12 as tiles, 120 by search. */
const services = () => {
  const count = { 'no-services': 0, 'twelve-services': 12, 'many-services': 120 }[mode.scene];
  if (count === undefined) return data.services;
  return Array.from({ length: count }, (_, n) => (n < data.services.length ? data.services[n] : { ...data.services[0], code: `group-${n}`, series: String.fromCharCode(65 + (n % 26)), name_vi: `Lĩnh vực thứ ${n + 1}`, name_en: `Sector ${n + 1}` }));
};
/** As many counters as a scene wants (`hall_counters`), the first four being those that move. */
const hallCounters = () => {
  const own = state.counters.map(({ number, name, state: open, current, pause_reason, services }) => {
    const ticket = current ? find(state.tickets, current) : null;
    return { number, name, state: open, label: ticket?.label ?? null, serving: ticket?.state === 'serving', pause_reason: pause_reason ?? null, services };
  });
  const count = mode.hall_counters || own.length;
  const more = (n) => ({ number: n + 1, name: `Quầy ${n + 1}`, state: n % 5 === 4 ? 'paused' : 'open', label: n % 5 === 4 ? null : `B${1000 + n}`, serving: true, pause_reason: n % 5 === 4 ? 'meeting' : null, services: [] });
  return Array.from({ length: count }, (_, n) => own[n] ?? more(n));
};
const hall = () => ({
  unit_name: 'Trung tâm Phục vụ hành chính công phường Cao Xanh', calls: state.calls.slice(0, 8), now: state.now,
  counters: hallCounters(),
  next: state.tickets.filter((ticket) => ticket.state === 'waiting').map((ticket) => ticket.label),
});
const devices = () => data.devices().map((one) => (one.id === 'printer-kiosk' && mode.printer === 'ok' ? { ...one, state: 'online', reason_code: null, detail: null } : one));

function topic(name) {
  if (name === 'hall') return hall();
  if (name === 'queue') {
    const listed = (ticket) => ['called', 'serving', 'on_hold', 'waiting'].includes(ticket.state) || (ticket.state === 'no_show' && !ticket.return_used);
    return { day: at().slice(0, 10), tickets: state.tickets.filter(listed), counters: state.counters, services: data.services, more: 0 };
  }
  if (name === 'devices') return { devices: devices(), print_jobs_waiting: 0 };
  if (name === 'messages') return { messages: state.messages };
  if (name === 'uplink') return uplink();
  if (name === 'clock') return clockState();
  if (name.startsWith('tablet:')) return state.token && { stage: state.token.stage, expires_at: state.token.expires_at };
  if (name.startsWith('card:')) return state.card && { read_at: state.card.read_at, problem: null };
  return null;
}

const clients = new Set();
function changed() {
  state.version += 1;
  for (const client of clients) for (const name of client.topics ?? []) say(client, name);
}
function say(client, name) {
  if (!mode.silent) client.send(JSON.stringify({ topic: name, version: state.version, at: at(), data: topic(name) }));
}

const views = {
  open: (one) => !one.result && one.custody.state === 'held',
  ready: (one) => one.result && !one.returned,
  returned: (one) => one.returned,
  incoming: (one) => one.custody.state === 'offered',
  declined: (one) => one.custody.state === 'declined',
  outgoing: (one) => ['handing_over', 'passed_on', 'taking_back', 'accepted_away'].includes(one.custody.state),
};
const fold = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase();
const ok = (body, status = 200) => ({ status, body });
const answered = (dossier) => ({ dossier, deadline: dossier.deadline, rating_token_issued: false, print_job: null });
const session = { officer: { id: 'lan', name: 'Nguyễn Thị Lan', role: 'officer' }, csrf: 'sample' };
const withJob = (ticket) => {
  const id = `j-${Object.keys(state.jobs).length + 1}`;
  state.jobs[id] = { id, kind: 'ticket', ticket: ticket?.id ?? null, since: Date.now() };
  return { id, state: 'pending' };
};

function answer(method, path, params, body) {
  let found;
  const on = (verb, pattern) => method === verb && (found = path.match(new RegExp(`^${pattern}$`)));
  if (on('GET', '/session')) return mode.session ? ok({ ...session, officer: { ...session.officer, role: mode.role } }) : refuse(401, 'session.none', 'Chưa đăng nhập.', 'Not logged in.');
  if (on('POST', '/session')) {
    if (body.password === 'sai') return refuse(401, 'session.wrong', 'Tên đăng nhập hoặc mật khẩu không đúng. Kiểm tra rồi đăng nhập lại.', 'The name or the password is wrong. Check and try again.');
    mode.session = true;
    return ok(session);
  }
  if (on('DELETE', '/session')) { mode.session = false; return ok(undefined, 204); }
  if (on('GET', '/health')) return ok({ node: '06658-1', unit_name: hall().unit_name, version: '0.1.0', now: at(), store: 'ok', uplink: uplink(), restore: null, at_risk: mode.printer === 'ok' ? { entries: 0, scans: 0, votes: 0, medium: 'ok' } : { entries: 12, scans: 3, votes: 5, medium: 'missing' } });
  if (on('GET', '/services')) return ok(services().map((one) => ({ ...one, waiting_regular: waitingFor(one.code, 'regular'), waiting_priority: waitingFor(one.code, 'priority') })));
  if (on('GET', '/kiosk/ways')) {
    const wanted = fold(params.get('q') ?? '').split(' ').filter(Boolean);
    const fits = (text) => wanted.length > 0 && wanted.every((word) => ` ${fold(text)}`.includes(` ${word}`));
    const all = [
      ...services().filter((one) => fits(one.name_vi)).map((one) => ({ service: one.code, procedure: null })),
      ...data.procedures.filter((one) => fits(`${one.name} ${one.also ?? ''}`)).map((one) => ({ service: one.service, procedure: one.name })),
    ];
    return ok({ ways: all.slice(0, 8), more: all.length > 8 });
  }
  if (on('GET', '/kiosk/speech')) return ok({ clips: [] });
  if (on('GET', '/priority-grounds')) return ok(data.grounds);
  if (on('POST', '/tickets')) {
    if (mode.scene === 'closed') return refuse(409, 'queue.issue_closed', 'Đã hết giờ cấp số. Mời Ông/Bà trở lại lúc 07:30 ngày 24/11.', 'No more tickets today. Please come back at 07:30 on 24 November.');
    const ahead = waitingFor(body.service, 'regular') + waitingFor(body.service, 'priority');
    const ticket = issue(body.service, body.priority_ground);
    changed();
    return ok({ ticket, waiting_ahead: ahead, print_job: withJob(ticket) }, 201);
  }
  if (on('GET', '/tickets')) return ok({ tickets: state.tickets });
  if (on('POST', '/tickets/([^/]+)/(reprint|return|cancel)')) {
    const ticket = find(state.tickets, found[1]);
    if (found[2] === 'reprint') return ok(withJob(ticket), 202);
    Object.assign(ticket, found[2] === 'return' ? { state: 'waiting', return_used: true, counter: null } : { state: 'cancelled' });
    changed();
    return ok(ticket);
  }
  if (on('GET', '/print-jobs/([^/]+)')) {
    const job = state.jobs[found[1]];
    const slow = Date.now() - job.since < 2_500;
    return ok({ ...job, state: slow ? 'printing' : mode.printer === 'ok' ? 'printed' : 'blocked', problem: mode.printer === 'ok' ? null : 'paper_out', message: mode.printer === 'ok' ? '' : 'Máy in hết giấy. Thay cuộn giấy; phiếu sẽ tự in.', message_en: 'The printer is out of paper.', attempts: 1 });
  }
  if (on('GET', '/counters')) return ok(state.counters);
  if (on('GET', '/counters/(\\d+)/card')) return state.card ? ok(state.card) : ok(undefined, 204);
  if (on('DELETE', '/counters/(\\d+)/card')) { state.card = null; changed(); return ok(undefined, 204); }
  if (on('POST', '/counters/(\\d+)/([a-z-]+)')) { const result = act(Number(found[1]), found[2], body); changed(); return result; }
  if (on('GET', '/hall')) return ok({ version: state.version, at: at(), ...hall() });
  if (on('GET', '/procedures')) return ok(data.procedures.filter((one) => fold(`${one.name} ${one.code} ${one.sector}`).includes(fold(params.get('q') ?? ''))));
  if (on('GET', '/procedures/(.+)')) { const one = data.procedures.find((proc) => proc.code === found[1]); return one ? ok(one) : refuse(404, 'dossier.unknown_procedure', 'Không có thủ tục này.', 'No such procedure.'); }
  if (on('POST', '/deadline-preview')) return ok({ due: '2026-11-26T17:00:00', due_at: '2026-11-26T10:00:00Z', reasons: [
    { rule: 'received', sentence: 'Nhận lúc 10:05 thứ Hai, 23/11/2026, trong giờ làm việc.', sentence_en: 'Received at 10:05 on Monday 23/11/2026, in working hours.' },
    { rule: 'first_day', sentence: 'Tính từ ngày làm việc tiếp theo.', sentence_en: 'Counted from the next working day.' },
    { rule: 'holiday', sentence: 'Thứ Ba, 24/11/2026: Ngày Văn hóa Việt Nam, không tính.', sentence_en: 'Tuesday 24/11/2026: Vietnam Culture Day, not counted.' },
    { rule: 'end', sentence: 'Hết ngày làm việc thứ hai: 17:00 thứ Năm, 26/11/2026.', sentence_en: 'End of the second working day: 17:00 on Thursday 26/11/2026.' }] });
  if (on('POST', '/dossiers')) {
    const proc = data.procedures.find((one) => one.code === body.procedure);
    const one = data.dossier({ procedure: proc.code, procedure_name: proc.name, applicant: body.applicant, received_at: at(), state: 2,
      components: proc.papers.map((paper) => ({ ...paper, ...body.components.find((c) => c.seq === paper.seq), name: paper.name, scans: [] })) });
    state.dossiers.unshift(one);
    state.token = { token: `v-${Date.now()}`, stage: 'receipt', expires_at: at(-10), finish_s: 300 };
    changed();
    return ok({ ...answered(one), rating_token_issued: true }, 201);
  }
  if (on('GET', '/dossiers')) {
    const q = fold(params.get('q') ?? '');
    const rows = state.dossiers.filter(views[params.get('view') ?? 'open']).filter((one) => fold(`${one.code} ${one.applicant.name} ${one.applicant.citizen_number ?? ''}`).includes(q));
    return ok({ rows: rows.slice(0, 20).map(rowOf), total: rows.length, page_length: 20 });
  }
  if (on('GET', '/dossiers/([^/]+)')) return ok(answered(find(state.dossiers, found[1])));
  if (on('POST', '/dossiers/([^/]+)/([a-z-]+)')) {
    const one = find(state.dossiers, found[1]);
    const steps = {
      'print-slip': () => withJob(null), scans: () => ({ sha256: 'ab'.repeat(32), size: 240_000 }),
      result: () => Object.assign(one, { state: 9, result: { title: body.title, ready_at: at(), by: 'lan' } }),
      return: () => Object.assign(one, { state: 10, returned: { at: at(), by: 'lan', collector: body.collector ?? null } }),
      'hand-over': () => Object.assign(one, { custody: { state: 'handing_over', to: body.to_node, at: at() } }),
      'take-back': () => Object.assign(one, { custody: { state: 'taking_back', to: one.custody.to, at: at() } }),
      accept: () => Object.assign(one, { custody: { state: 'held' }, holder: '06658-1' }),
      refuse: () => Object.assign(one, { custody: { state: 'declined', from: one.custody.from, at: at() } }),
    };
    const result = steps[found[2]]();
    changed();
    return ok(result, found[2] === 'scans' ? 201 : 200);
  }
  if (on('GET', '/units')) return ok(data.units);
  if (on('GET', '/tablets/(\\d+)/token')) return state.token ? ok(state.token) : ok(undefined, 204);
  if (on('POST', '/ratings')) {
    if (mode.vote_refused) return refuse(409, 'rating.token_used', 'Lượt đánh giá này đã kết thúc. Xin chờ cán bộ mở lượt mới.', 'This assessment is closed. Please wait for the officer.');
    if (body.token === state.token?.token) state.token = null;
    changed();
    return ok({}, 201);
  }
  if (on('GET', '/ratings/summary')) return ok(data.ratings(mode.scene === 'empty'));
  if (on('GET', '/surfaces')) return ok(mode.scene === 'empty' ? [] : data.surfaces());
  if (on('POST', '/surfaces/report')) return ok(undefined, 204);
  if (on('POST', '/pairings')) return ok({ code: 'ACDE34', claim: 'sample', expires_in_s: 600 }, 201);
  if (on('POST', '/pairings/claim')) return ok({ state: 'waiting', expires_in_s: 480, token: null, counter: null });
  if (on('GET', '/pairings')) return ok(mode.scene === 'empty' ? [] : data.pairings);
  if (on('POST', '/pairings/([^/]+)/(approve|refuse)')) return found[2] === 'approve' ? ok(data.paired[0]) : ok(undefined, 204);
  if (on('GET', '/paired')) return ok(mode.scene === 'empty' ? [] : data.paired);
  if (on('POST', '/paired/([^/]+)/revoke')) return ok(undefined, 204);
  if (on('GET', '/devices')) return ok(devices());
  if (on('POST', '/devices/([^/]+)/try')) return found[1] === 'led-2' ? refuse(409, 'transport.unreachable', 'Không có trả lời từ 192.168.10.42. Kiểm tra nguồn và dây mạng của bảng LED.', 'No answer from 192.168.10.42. Check power and cable.') : ok({ done: true, code: 'device.ready' });
  if (on('GET', '/discovered')) return ok(mode.scene === 'empty' ? [] : data.discovered);
  if (on('GET', '/messages')) return ok(state.messages);
  if (on('POST', '/messages/([^/]+)/read')) { find(state.messages, found[1]).read_at = at(); changed(); return ok({}); }
  if (on('GET', '/clock')) return ok(clockState());
  if (on('GET', '/uplink')) return ok({ version: state.version, at: at(), ...uplink() });
  if (on('GET', '/nodes')) return ok(mode.scene === 'empty' ? [] : data.nodes());
  if (on('GET', '/nodes/([^/]+)/parked')) return ok(data.aside(found[1]));
  if (on('GET', '/orders')) return ok(state.orders);
  if (on('POST', '/orders')) { const one = { id: `o-${Date.now()}`, text: body.text, ordered_by: session.officer.id, ordered_at: at(), to_all: !body.nodes, nodes: (body.nodes ?? data.nodes().map((row) => row.node)).map((node) => ({ node, delivered: false })) }; state.orders.unshift(one); return ok(one, 201); }
  return refuse(404, 'http.not_found', 'Không tìm thấy.', 'Not found.');
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const json = () => { try { return JSON.parse(Buffer.concat(chunks).toString() || '{}'); } catch { return {}; } };
    if (pathname === '/mock') {
      const asked = json();
      Object.assign(mode, asked);
      if (asked.scene) scene(asked.scene);
      if ('card' in asked) state.card = asked.card ? { read_at: at(), card: data.card, declared: true } : null;
      if ('stage' in asked) state.token = asked.stage ? { token: `v-${Date.now()}`, stage: asked.stage, expires_at: at(-10), finish_s: 300 } : null;
      if (asked.down || asked.silent === false || asked.device_refused) for (const client of clients) client.terminate();
      changed();
      return response.writeHead(204).end();
    }
    if (mode.down) return request.socket.destroy();
    if (pathname.startsWith('/api/v1/')) {
      const device = request.headers.authorization?.startsWith('Bearer');
      const path = pathname.slice('/api/v1'.length);
      const result = mode.device_refused && device ? refuse(401, 'device.revoked', 'Mã thiết bị đã bị thu hồi.', 'The device token was revoked.')
        : !device && !mode.session && path !== '/session' && !(request.method === 'POST' && ['/pairings', '/pairings/claim'].includes(path)) ? refuse(401, 'session.expired', 'Phiên làm việc đã hết.', 'The session has expired.')
        : answer(request.method, path, searchParams, request.headers['content-type'] === 'application/json' ? json() : {});
      response.writeHead(result.status, { 'Content-Type': 'application/json' });
      return response.end(result.body === undefined ? undefined : JSON.stringify(result.body));
    }
    const page = pages.find((name) => pathname === `/${name}` || pathname.startsWith(`/${name}/`));
    const file = join(dist, page ? `${page}.html` : normalize(pathname));
    if (!file.startsWith(dist) || !existsSync(file) || !types[extname(file)]) return response.writeHead(404).end();
    response.writeHead(200, { 'Content-Type': types[extname(file)], 'Content-Security-Policy': policy });
    response.end(readFileSync(file));
  });
});

const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false });
server.on('upgrade', (request, socket, head) => {
  const device = Boolean(request.headers['sec-websocket-protocol']);
  if (mode.down || (device && mode.device_refused) || (!device && !mode.session)) return socket.destroy();
  sockets.handleUpgrade(request, socket, head, (client) => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    client.on('message', (raw) => { client.topics = JSON.parse(raw).subscribe; client.topics.forEach((name) => say(client, name)); });
  });
});
setInterval(() => { if (!mode.silent) for (const client of clients) client.send(JSON.stringify({ topic: 'heartbeat', at: at() })); }, 5_000);

scene('busy');
const port = Number(process.env.MOCK_PORT ?? 8780);
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/console`));
