/** The center's resources, one function each. */
import { query, type Client } from './client';
import type * as api from './types';

/** A live topic's state, asked for over HTTP. */
export type Versioned<T> = T & { version: number; at: string };

export function centerApi(client: Client) {
  const counter = (number: number, verb: string) => `/counters/${number}/${verb}`;
  return {
    client,
    health: () => client.get<api.Health>('/health'),

    services: () => client.get<api.Service[]>('/services'),
    priorityGrounds: () => client.get<api.PriorityGround[]>('/priority-grounds'),
    issue: (body: { service: string; priority_ground?: string }, key: string) =>
      client.post<api.Issued>('/tickets', body, { key }),
    tickets: () => client.get<{ tickets: api.Ticket[] }>('/tickets'),
    reprint: (id: string) => client.post<api.PrintJob>(`/tickets/${id}/reprint`),
    cancelTicket: (id: string, reason: string) => client.post(`/tickets/${id}/cancel`, { reason }),
    returnTicket: (id: string) => client.post(`/tickets/${id}/return`),
    printJob: (id: string) => client.get<api.PrintJob>(`/print-jobs/${id}`),

    counters: () => client.get<api.Counter[]>('/counters'),
    openCounter: (number: number) => client.post<api.Called>(counter(number, 'open')),
    pauseCounter: (number: number, reason: api.PauseReason) => client.post<api.Called>(counter(number, 'pause'), { reason }),
    closeCounter: (number: number) => client.post<api.Called>(counter(number, 'close')),
    callNext: (number: number) => client.post<api.Called>(counter(number, 'call-next')),
    recall: (number: number) => client.post<api.Called>(counter(number, 'recall')),
    begin: (number: number) => client.post<api.Called>(counter(number, 'begin')),
    hold: (number: number) => client.post<api.Called>(counter(number, 'hold')),
    resume: (number: number, ticket: string) => client.post<api.Called>(counter(number, 'resume'), { ticket }),
    complete: (number: number) => client.post<api.Called>(counter(number, 'complete')),
    noShow: (number: number) => client.post<api.Called>(counter(number, 'no-show')),
    transfer: (number: number, to: { counter: number } | { service: string }) =>
      client.post<api.Called>(counter(number, 'transfer'), to),

    hall: () => client.get<Versioned<api.Hall> | undefined>('/hall'),

    procedures: (q: string) => client.get<api.ProcedureRow[]>(`/procedures${query({ q })}`),
    procedure: (code: string) => client.get<api.Procedure>(`/procedures/${encodeURIComponent(code)}`),
    deadlinePreview: (procedure: string, channel: api.Channel) =>
      client.post<api.Deadline>('/deadline-preview', { procedure, channel }),
    card: (number: number) => client.get<api.CardRead | undefined>(counter(number, 'card')),
    clearCard: (number: number) => client.del(counter(number, 'card')),
    receive: (body: api.NewDossier, key: string) => client.post<api.DossierAnswer>('/dossiers', body, { key }),
    dossiers: async (view: api.DossierView, q: string, page: number): Promise<api.DossierPage> => {
      const found = await client.get<{ rows: api.Dossier[]; total: number; page_length: number }>(`/dossiers${query({ view, q, page })}`);
      return { ...found, rows: found.rows.map(rowOf) };
    },
    dossier: (id: string) => client.get<api.DossierAnswer>(`/dossiers/${id}`),
    addScan: (id: string, seq: number, file: File, onProgress: (share: number) => void) =>
      client.upload<api.ScanRef>(`/dossiers/${id}/scans?component=${seq}`, file, onProgress),
    slipAddress: (id: string) => `/api/v1/dossiers/${id}/slip.pdf`,
    blobAddress: (sha256: string) => `/api/v1/blobs/${sha256}`,
    printSlip: (id: string, counter: number) => client.post<unknown>(`/dossiers/${id}/print-slip`, { counter }),
    setResult: (id: string, title: string) => client.post<unknown>(`/dossiers/${id}/result`, { title }),
    returnResult: (id: string, counter: number, collector?: { name: string; number?: string }) =>
      client.post<unknown>(`/dossiers/${id}/return`, collector ? { counter, collector } : { counter }),
    handOver: (id: string, to_node: string, note: string) =>
      client.post<unknown>(`/dossiers/${id}/hand-over`, { to_node, note }),
    takeBack: (id: string) => client.post<unknown>(`/dossiers/${id}/take-back`),
    accept: (id: string) => client.post<unknown>(`/dossiers/${id}/accept`),
    refuse: (id: string, reason: string) => client.post<unknown>(`/dossiers/${id}/refuse`, { reason }),
    units: () => client.get<api.Unit[]>('/units'),

    tabletToken: (number: number) => client.get<api.TabletToken | undefined>(`/tablets/${number}/token`),
    vote: (body: api.Vote) => client.post<unknown>('/ratings', body, { key: body.client_id }),

    devices: () => client.get<api.Device[]>('/devices'),
    tryDevice: (id: string) => client.post<api.Tried>(`/devices/${encodeURIComponent(id)}/try`),
    discovered: () => client.get<api.Discovered[]>('/discovered'),
    messages: () => client.get<api.Message[]>('/messages'),
    markRead: (id: string) => client.post<unknown>(`/messages/${id}/read`),
    uplink: () => client.get<Versioned<api.Uplink> | undefined>('/uplink'),
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
