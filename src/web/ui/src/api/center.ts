/** The center's resources, one function each, on the generated paths. */
import type { Client } from './client';
import { address, typed } from './typed';
import type * as api from './types';

/** A live topic's state, asked for over HTTP; nothing when none was published yet. */
export type Versioned<T> = T & { version: number; at: string };

export function centerApi(client: Client) {
  const { get, post, del } = typed(client);
  const called = (answer: Promise<unknown>) => answer as Promise<api.Called>;
  const stepped = (answer: Promise<unknown>) => answer as Promise<api.DossierAnswer>;
  return {
    services: () => get('/api/v1/services', {}),
    priorityGrounds: () => get('/api/v1/priority-grounds', {}),
    issue: (body: api.NewTicket, key: string) => post('/api/v1/tickets', { body, key }) as Promise<api.Issued>,
    tickets: () => get('/api/v1/tickets', {}) as Promise<{ tickets: api.Ticket[] }>,
    reprint: (id: string) => post('/api/v1/tickets/{id}/reprint', { path: { id } }) as Promise<api.PrintStarted>,
    cancelTicket: (id: string, reason: string) => post('/api/v1/tickets/{id}/cancel', { path: { id }, body: { reason } }),
    returnTicket: (id: string) => post('/api/v1/tickets/{id}/return', { path: { id } }),
    printJob: (id: string) => get('/api/v1/print-jobs/{id}', { path: { id } }) as Promise<api.PrintJob>,

    counters: () => get('/api/v1/counters', {}) as Promise<api.Counter[]>,
    openCounter: (n: number) => called(post('/api/v1/counters/{n}/open', { path: { n } })),
    pauseCounter: (n: number, reason: api.PauseReason) => called(post('/api/v1/counters/{n}/pause', { path: { n }, body: { reason } })),
    closeCounter: (n: number) => called(post('/api/v1/counters/{n}/close', { path: { n } })),
    callNext: (n: number) => called(post('/api/v1/counters/{n}/call-next', { path: { n } })),
    recall: (n: number) => called(post('/api/v1/counters/{n}/recall', { path: { n } })),
    begin: (n: number) => called(post('/api/v1/counters/{n}/begin', { path: { n } })),
    hold: (n: number) => called(post('/api/v1/counters/{n}/hold', { path: { n }, body: {} })),
    resume: (n: number, ticket: string) => called(post('/api/v1/counters/{n}/resume', { path: { n }, body: { ticket } })),
    complete: (n: number) => called(post('/api/v1/counters/{n}/complete', { path: { n } })),
    noShow: (n: number) => called(post('/api/v1/counters/{n}/no-show', { path: { n } })),
    transfer: (n: number, to: { counter: number } | { service: string }) =>
      called(post('/api/v1/counters/{n}/transfer', { path: { n }, body: to })),

    hall: () => get('/api/v1/hall', {}) as Promise<unknown> as Promise<Versioned<api.Hall> | undefined>,
    uplink: () => get('/api/v1/uplink', {}) as Promise<unknown> as Promise<Versioned<api.Uplink> | undefined>,

    procedures: (q: string) => get('/api/v1/procedures', { query: { q } }) as Promise<api.Procedure[]>,
    procedure: (code: string) => get('/api/v1/procedures/{code}', { path: { code } }) as Promise<api.Procedure>,
    deadlinePreview: (procedure: string, channel: api.Channel) => post('/api/v1/deadline-preview', { body: { procedure, channel } }),
    card: (n: number) => get('/api/v1/counters/{n}/card', { path: { n } }) as Promise<unknown> as Promise<api.CardRead | undefined>,
    clearCard: (n: number) => del('/api/v1/counters/{n}/card', { path: { n } }),
    units: () => get('/api/v1/units', {}),

    receive: (body: api.NewDossier, key: string) => stepped(post('/api/v1/dossiers', { body, key })),
    dossiers: async (view: api.DossierView, q: string, page: number): Promise<api.DossierPage> => {
      const found = await get('/api/v1/dossiers', { query: { view, q, page } });
      return { ...found, rows: (found.rows as unknown[] as api.Dossier[]).map(rowOf) };
    },
    dossier: (id: string) => stepped(get('/api/v1/dossiers/{id}', { path: { id } })),
    addScan: (id: string, component: number, file: File, onProgress: (share: number) => void) =>
      client.upload<api.ScanStored>(address('/api/v1/dossiers/{id}/scans', { path: { id }, query: { component } }), file, onProgress),
    slipAddress: (id: string) => address('/api/v1/dossiers/{id}/slip.pdf', { path: { id } }),
    blobAddress: (sha256: string) => address('/api/v1/blobs/{sha256}', { path: { sha256 } }),
    printSlip: (id: string, counter: number) => post('/api/v1/dossiers/{id}/print-slip', { path: { id }, body: { counter } }),
    setResult: (id: string, title: string) => stepped(post('/api/v1/dossiers/{id}/result', { path: { id }, body: { title } })),
    returnResult: (id: string, counter: number, collector?: { name: string; number?: string }) =>
      stepped(post('/api/v1/dossiers/{id}/return', { path: { id }, body: collector ? { counter, collector } : { counter } })),
    handOver: (id: string, to_node: string, note: string) =>
      stepped(post('/api/v1/dossiers/{id}/hand-over', { path: { id }, body: note ? { to_node, note } : { to_node } })),
    takeBack: (id: string) => stepped(post('/api/v1/dossiers/{id}/take-back', { path: { id } })),
    accept: (id: string) => stepped(post('/api/v1/dossiers/{id}/accept', { path: { id } })),
    refuse: (id: string, reason: string) => stepped(post('/api/v1/dossiers/{id}/refuse', { path: { id }, body: { reason } })),

    tabletToken: (counter: number) =>
      get('/api/v1/tablets/{counter}/token', { path: { counter } }) as Promise<api.TabletToken | undefined>,
    vote: (body: api.Vote) => post('/api/v1/ratings', { body, key: body.client_id }),

    devices: () => get('/api/v1/devices', {}) as Promise<api.Device[]>,
    tryDevice: (id: string) => post('/api/v1/devices/{id}/try', { path: { id } }),
    discovered: () => get('/api/v1/discovered', {}) as Promise<unknown> as Promise<api.Discovered[]>,
    messages: () => get('/api/v1/messages', {}),
    markRead: (id: string) => post('/api/v1/messages/{id}/read', { path: { id } }),
  };
}

export type CenterApi = ReturnType<typeof centerApi>;

/** Lists carry whole dossiers; the page needs one line of each. */
export function rowOf(one: api.Dossier): api.DossierRow {
  return {
    id: one.id,
    code: one.code,
    procedure: one.procedure,
    procedure_name: one.procedure_name,
    applicant_name: one.applicant.name,
    applicant_number: one.applicant.citizen_number ?? null,
    applicant_phone: one.applicant.phone ?? null,
    channel: one.channel,
    result_channel: one.result_channel,
    received_at: one.received_at,
    due: one.deadline.due,
    due_at: one.deadline.due_at,
    fee_vnd: one.fee_vnd ?? null,
    state: one.state,
    holder: one.holder,
    custody: one.custody,
    result_title: one.result?.title ?? null,
    returned_at: one.returned?.at ?? null,
  };
}
