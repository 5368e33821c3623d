/** The hub's resources, one function each, on the generated paths. */
import type { Client } from './client';
import type { paths } from './hub-schema';
import type { BookingPlan, ProvinceBy } from './types';
import { address, typed } from './typed';

export function hubApi(client: Client) {
  const { get, post } = typed<paths>(client);
  return {
    nodes: () => get('/api/v1/nodes', {}),
    parked: (node: string) => get('/api/v1/nodes/{node}/parked', { path: { node } }),
    certificates: () => get('/api/v1/certificates', {}),
    report: (from: string, to: string, by: ProvinceBy, unit?: string) =>
      get('/api/v1/reports/queue', { query: { from, to, by, ...(unit ? { unit } : {}) } }),
    reportAddress: (kind: 'csv' | 'xlsx', from: string, to: string, by: ProvinceBy, unit?: string) =>
      address(`/api/v1/reports/queue.${kind}`, { query: { from, to, by, unit } }),
    goOn: (node: string) => post('/api/v1/nodes/{node}/thaw', { path: { node } }),
    bookingPlans: () => get('/api/v1/booking-plan', {}),
    setBookingPlan: (body: BookingPlan) => post('/api/v1/booking-plan', { body }),
    bookingPlaces: () => get('/api/v1/public/booking-places', {}),
    bookingSlots: (node: string, service: string, day: string) =>
      get('/api/v1/public/booking-slots', { query: { node, service, day } }),
    book: (node: string, service: string, from: string | null, key: string) =>
      post('/api/v1/public/bookings', { body: { node, service, ...(from ? { from } : {}) }, key }),
    booking: (code: string) => post('/api/v1/public/bookings/show', { body: { code } }),
    giveBookingBack: (code: string) => post('/api/v1/public/bookings/cancel', { body: { code } }),
    orders: () => get('/api/v1/orders', {}),
    sendOrder: (text: string, nodes: string[] | undefined, key: string) =>
      post('/api/v1/orders', { body: nodes ? { text, nodes } : { text }, key }),
  };
}

export type HubApi = ReturnType<typeof hubApi>;
