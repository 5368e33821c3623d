/** The hub's resources, one function each, on the generated paths. */
import type { Client } from './client';
import type { paths } from './hub-schema';
import { typed } from './typed';

export function hubApi(client: Client) {
  const { get, post } = typed<paths>(client);
  return {
    nodes: () => get('/api/v1/nodes', {}),
    parked: (node: string) => get('/api/v1/nodes/{node}/parked', { path: { node } }),
    certificates: () => get('/api/v1/certificates', {}),
    goOn: (node: string) => post('/api/v1/nodes/{node}/thaw', { path: { node } }),
    orders: () => get('/api/v1/orders', {}),
    sendOrder: (text: string, nodes: string[] | undefined, key: string) =>
      post('/api/v1/orders', { body: nodes ? { text, nodes } : { text }, key }),
  };
}

export type HubApi = ReturnType<typeof hubApi>;
