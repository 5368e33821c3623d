/** Requests by the paths of a generated schema: a wrong path, parameter or body does not compile. */
import { query, type Client, type SendOptions } from './client';

type Verb = 'get' | 'post' | 'delete';
type Operation<S, P extends keyof S, V extends Verb> = V extends keyof S[P] ? S[P][V] : never;
type PathsOf<S, V extends Verb> = { [P in keyof S & string]: V extends keyof S[P] ? P : never }[keyof S & string];

type Json<C> = C extends { content: { 'application/json': infer Body } } ? Body : undefined;
type Answer<O> = O extends { responses: infer R } ? { [S in keyof R]: Json<R[S]> }[keyof R] : never;
type Body<O> = O extends { requestBody: { content: { 'application/json': infer B } } } ? B : undefined;
type PathValues<O> = O extends { parameters: { path: infer P } } ? { path: P } : object;
type QueryValues<O> = O extends { parameters: { query?: infer Q } } ? { query?: Q } : object;

type Call<O> = PathValues<O> & QueryValues<O> & { key?: string } & (Body<O> extends undefined ? object : { body: Body<O> });
type Given = { path?: Record<string, unknown>; query?: Record<string, string | number | undefined>; body?: unknown; key?: string };

export function address(path: string, call: Given = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(call.path?.[name])));
  return filled + query(call.query ?? {});
}

/** `S` is the `paths` of a schema. */
export function typed<S>(client: Client) {
  const options = (call: Given): SendOptions => (call.key ? { key: call.key } : {});
  return {
    get: <P extends PathsOf<S, 'get'>>(path: P, call: Call<Operation<S, P, 'get'>>) =>
      client.get<Answer<Operation<S, P, 'get'>>>(address(path, call as Given)),
    post: <P extends PathsOf<S, 'post'>>(path: P, call: Call<Operation<S, P, 'post'>>) => {
      const given = call as Given;
      return client.post<Answer<Operation<S, P, 'post'>>>(address(path, given), given.body, options(given));
    },
    del: <P extends PathsOf<S, 'delete'>>(path: P, call: Call<Operation<S, P, 'delete'>>) => client.del(address(path, call as Given)),
  };
}
