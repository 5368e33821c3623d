/** The center's resources, one function each, on the generated paths. */
import type { Client } from './client';
import type { paths } from './schema';
import { address, typed } from './typed';
import type * as api from './types';

export function centerApi(client: Client) {
  const { get, post, del } = typed<paths>(client);
  return {
    services: () => get('/api/v1/services', {}),
    priorityGrounds: () => get('/api/v1/priority-grounds', {}),
    /** Service groups by everyday words. */
    ways: (q: string) => get('/api/v1/kiosk/ways', { query: { q } }),
    speech: (step: string, label: string | null) => get('/api/v1/kiosk/speech', { query: label === null ? { step } : { step, label } }),
    issue: (body: api.NewTicket, key: string) => post('/api/v1/tickets', { body, key }),
    bookings: (day: string) => get('/api/v1/bookings', { query: { day } }),
    bookingSlots: (service: string, day: string) => get('/api/v1/bookings/slots', { query: { service, day } }),
    book: (service: string, from: string | null, key: string) => post('/api/v1/bookings', { body: { service, ...(from ? { from } : {}) }, key }),
    arrive: (code: string, key: string) => post('/api/v1/bookings/arrive', { body: { code }, key }),
    cancelBooking: (code: string, key: string) => post('/api/v1/bookings/cancel', { body: { code }, key }),
    tickets: () => get('/api/v1/tickets', {}),
    /** By its id or by the code on its paper. */
    ticket: (id: string) => get('/api/v1/tickets/{id}', { path: { id } }),
    reprint: (id: string) => post('/api/v1/tickets/{id}/reprint', { path: { id } }),
    cancelTicket: (id: string, reason: string) => post('/api/v1/tickets/{id}/cancel', { path: { id }, body: { reason } }),
    returnTicket: (id: string) => post('/api/v1/tickets/{id}/return', { path: { id } }),
    printJob: (id: string) => get('/api/v1/print-jobs/{id}', { path: { id } }),

    counters: () => get('/api/v1/counters', {}),
    callsOf: (n: number) => get('/api/v1/counters/{n}/calls', { path: { n } }),
    openCounter: (n: number) => post('/api/v1/counters/{n}/open', { path: { n } }),
    pauseCounter: (n: number, reason: api.PauseReason) => post('/api/v1/counters/{n}/pause', { path: { n }, body: { reason } }),
    closeCounter: (n: number) => post('/api/v1/counters/{n}/close', { path: { n } }),
    callNext: (n: number) => post('/api/v1/counters/{n}/call-next', { path: { n } }),
    recall: (n: number) => post('/api/v1/counters/{n}/recall', { path: { n } }),
    begin: (n: number) => post('/api/v1/counters/{n}/begin', { path: { n } }),
    hold: (n: number) => post('/api/v1/counters/{n}/hold', { path: { n }, body: {} }),
    resume: (n: number, ticket: string) => post('/api/v1/counters/{n}/resume', { path: { n }, body: { ticket } }),
    complete: (n: number) => post('/api/v1/counters/{n}/complete', { path: { n } }),
    noShow: (n: number) => post('/api/v1/counters/{n}/no-show', { path: { n } }),
    transfer: (n: number, to: ({ counter: number } | { service: string }) & { return_here?: boolean }) =>
      post('/api/v1/counters/{n}/transfer', { path: { n }, body: to }),
    nextServices: (n: number, services: string[]) => post('/api/v1/counters/{n}/next-services', { path: { n }, body: { services } }),
    goOn: (n: number) => post('/api/v1/counters/{n}/go-on', { path: { n } }),

    hall: () => get('/api/v1/hall', {}),
    uplink: () => get('/api/v1/uplink', {}),
    clock: () => get('/api/v1/clock', {}),
    /** What time it is on a clock in Viet Nam, `yyyy-mm-ddThh:mm`. */
    setClock: (at: string) => post('/api/v1/clock', { body: { at } }),

    procedures: (q: string) => get('/api/v1/procedures', { query: { q } }),
    procedure: (code: string) => get('/api/v1/procedures/{code}', { path: { code } }),
    deadlinePreview: (procedure: string, channel: api.Channel) => post('/api/v1/deadline-preview', { body: { procedure, channel } }),
    card: (n: number) => get('/api/v1/counters/{n}/card', { path: { n } }),
    clearCard: (n: number) => del('/api/v1/counters/{n}/card', { path: { n } }),
    units: () => get('/api/v1/units', {}),

    receive: (body: api.NewDossier, key: string) => post('/api/v1/dossiers', { body, key }),
    dossiers: (view: api.DossierView, q: string, page: number) => get('/api/v1/dossiers', { query: { view, q, page } }),
    dossier: (id: string) => get('/api/v1/dossiers/{id}', { path: { id } }),
    addScan: (id: string, component: number, file: File, onProgress: (share: number) => void) =>
      client.upload<api.ScanStored>(address('/api/v1/dossiers/{id}/scans', { path: { id }, query: { component } }), file, onProgress),
    slipAddress: (id: string) => address('/api/v1/dossiers/{id}/slip.pdf', { path: { id } }),
    blobAddress: (sha256: string) => address('/api/v1/blobs/{sha256}', { path: { sha256 } }),
    printSlip: (id: string, counter: number) => post('/api/v1/dossiers/{id}/print-slip', { path: { id }, body: { counter } }),
    setResult: (id: string, title: string) => post('/api/v1/dossiers/{id}/result', { path: { id }, body: { title } }),
    returnResult: (id: string, counter: number, collector?: { name: string; number?: string }) =>
      post('/api/v1/dossiers/{id}/return', { path: { id }, body: collector ? { counter, collector } : { counter } }),
    handOver: (id: string, to_node: string, note: string) =>
      post('/api/v1/dossiers/{id}/hand-over', { path: { id }, body: note ? { to_node, note } : { to_node } }),
    takeBack: (id: string) => post('/api/v1/dossiers/{id}/take-back', { path: { id } }),
    accept: (id: string) => post('/api/v1/dossiers/{id}/accept', { path: { id } }),
    refuse: (id: string, reason: string) => post('/api/v1/dossiers/{id}/refuse', { path: { id }, body: { reason } }),

    tabletToken: (counter: number) => get('/api/v1/tablets/{counter}/token', { path: { counter } }),
    vote: (body: api.Vote) => post('/api/v1/ratings', { body, key: body.client_id }),
    ratingFigures: (from: string, to: string) => get('/api/v1/ratings/summary', { query: { from, to } }),
    surfaces: () => get('/api/v1/surfaces', {}),
    reportSurface: (body: api.SurfaceReport) => post('/api/v1/surfaces/report', { body }),

    openPairing: (role: api.DeviceRole) => post('/api/v1/pairings', { body: { role } }),
    claimPairing: (claim: string) => post('/api/v1/pairings/claim', { body: { claim } }),
    pairings: () => get('/api/v1/pairings', {}),
    approvePairing: (code: string, title: string, counter: number | null) =>
      post('/api/v1/pairings/{code}/approve', { path: { code }, body: { title, counter } }),
    refusePairing: (code: string) => post('/api/v1/pairings/{code}/refuse', { path: { code } }),
    paired: () => get('/api/v1/paired', {}),
    revokePaired: (device: string) => post('/api/v1/paired/{device}/revoke', { path: { device } }),

    health: () => get('/api/v1/health', {}),
    devices: () => get('/api/v1/devices', {}),
    tryDevice: (id: string) => post('/api/v1/devices/{id}/try', { path: { id } }),
    discovered: () => get('/api/v1/discovered', {}),
    hallFigures: () => get('/api/v1/reports/hall', {}),
    report: (from: string, to: string, by: api.ReportBy) => get('/api/v1/reports/queue', { query: { from, to, by } }),
    reportAddress: (kind: 'csv' | 'xlsx' | 'pdf', from: string, to: string, by: api.ReportBy) =>
      address(`/api/v1/reports/queue.${kind}`, { query: { from, to, by } }),
    policy: () => get('/api/v1/queue-policy', {}),
    choosePolicy: (body: api.PolicyNumbers & { reason: string; seen: number }, key: string) => post('/api/v1/queue-policy', { body, key }),
    deliveredPolicy: (reason: string, seen: number, key: string) => post('/api/v1/queue-policy/delivered', { body: { reason, seen }, key }),
    policyReplay: () => get('/api/v1/queue-policy/replay', {}),
    replayPolicies: (days: number, numbers: Omit<api.PolicyNumbers, 'policy'>) => post('/api/v1/queue-policy/replay', { body: { days, ...numbers } }),
    stopReplay: () => del('/api/v1/queue-policy/replay', {}),
    officers: () => get('/api/v1/officers', {}),
    setSkills: (id: string, services: string[] | null) => post('/api/v1/officers/{id}/skills', { path: { id }, body: { services } }),
    messages: () => get('/api/v1/messages', {}),
    markRead: (id: string) => post('/api/v1/messages/{id}/read', { path: { id } }),
  };
}

export type CenterApi = ReturnType<typeof centerApi>;
