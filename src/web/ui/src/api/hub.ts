/** The hub's resources, one function each. */
import type { Client } from './client';
import type * as api from './types';

export function hubApi(client: Client) {
  return {
    session: () => client.get<api.Session>('/session', { quiet401: true }),
    login: (login: string, password: string) =>
      client.post<api.Session>('/session', { login, password }, { quiet401: true }),
    logout: () => client.del('/session'),
    nodes: () => client.get<api.NodeRow[]>('/nodes'),
    parked: (node: string) => client.get<api.Parked[]>(`/nodes/${encodeURIComponent(node)}/parked`),
    orders: () => client.get<api.Order[]>('/orders'),
    sendOrder: (text: string, nodes: string[] | undefined, key: string) =>
      client.post<api.Order>('/orders', nodes ? { text, nodes } : { text }, { key }),
  };
}

export type HubApi = ReturnType<typeof hubApi>;
