/** The hub's resources, one function each. */
import type { Client } from './client';
import type * as api from './types';

export function hubApi(client: Client) {
  return {
    nodes: () => client.get<api.NodeRow[]>('/api/v1/nodes'),
    parked: (node: string) => client.get<api.Aside>(`/api/v1/nodes/${encodeURIComponent(node)}/parked`),
    orders: () => client.get<api.Order[]>('/api/v1/orders'),
    sendOrder: (text: string, nodes: string[] | undefined, key: string) =>
      client.post<api.Order>('/api/v1/orders', nodes ? { text, nodes } : { text }, { key }),
  };
}

export type HubApi = ReturnType<typeof hubApi>;
