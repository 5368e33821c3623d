/** Requests by the paths of the generated schema: a wrong path, parameter or body does not compile. */
import { query, type Client, type SendOptions } from './client';
import type { paths } from './schema';

type Verb = 'get' | 'post' | 'delete';
type Operation<P extends keyof paths, V extends Verb> = V extends keyof paths[P] ? paths[P][V] : never;
type PathsOf<V extends Verb> = { [P in keyof paths]: V extends keyof paths[P] ? P : never }[keyof paths];

type Json<C> = C extends { content: { 'application/json': infer Body } } ? Body : undefined;
type Answer<O> = O extends { responses: infer R } ? { [S in keyof R]: Json<R[S]> }[keyof R] : never;
type Body<O> = O extends { requestBody: { content: { 'application/json': infer B } } } ? B : undefined;
type PathValues<O> = O extends { parameters: { path: infer P } } ? { path: P } : object;
type QueryValues<O> = O extends { parameters: { query?: infer Q } } ? { query?: Q } : object;

type Call<O> = PathValues<O> & QueryValues<O> & { key?: string } & (Body<O> extends undefined ? object : { body: Body<O> });
type Given = { path?: Record<string, unknown>; query?: Record<string, string | number | undefined>; body?: unknown; key?: string };

export function address<P extends keyof paths>(path: P, call: Given = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(call.path?.[name])));
  return filled + query(call.query ?? {});
}

export function typed(client: Client) {
  const options = (call: Given): SendOptions => (call.key ? { key: call.key } : {});
  return {
    get: <P extends PathsOf<'get'>>(path: P, call: Call<Operation<P, 'get'>>) =>
      client.get<Answer<Operation<P, 'get'>>>(address(path, call as Given)),
    post: <P extends PathsOf<'post'>>(path: P, call: Call<Operation<P, 'post'>>) => {
      const given = call as Given;
      return client.post<Answer<Operation<P, 'post'>>>(address(path, given), given.body, options(given));
    },
    del: <P extends PathsOf<'delete'>>(path: P, call: Call<Operation<P, 'delete'>>) => client.del(address(path, call as Given)),
  };
}
