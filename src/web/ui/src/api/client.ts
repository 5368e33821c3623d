/** Requests to our own server: who asks, what a refusal looks like, when a request is sent again. */
import type { RefusalBody } from './types';

/** The server answered no; the sentences are the server's own. */
export class Refused extends Error {
  readonly code: string;
  readonly messageEn: string;
  readonly details: Record<string, unknown>;

  constructor(
    readonly status: number,
    body: Partial<RefusalBody>,
  ) {
    super(body.message ?? '');
    this.name = 'Refused';
    this.code = body.code ?? `http.${status}`;
    this.messageEn = body.message_en ?? '';
    this.details = body.details ?? {};
  }
}

/** No answer came: nothing is known about what the server did. */
export class Unreachable extends Error {
  constructor() {
    super('unreachable');
    this.name = 'Unreachable';
  }
}

export interface Access {
  /** A device's token; officers have a cookie instead. */
  token?: () => string | undefined;
  /** Goes with every request of an officer that changes something. */
  csrf?: () => string | undefined;
  /** Called when a request that needed a login was answered 401. */
  onExpired?: () => void;
}

export interface SendOptions {
  /** The same key on a repeat gets the first answer, so nothing is done twice. */
  key?: string;
  quiet401?: boolean;
}

const TIMEOUT_MS = 10_000;
/** A file that for so long neither moves nor is answered counts as not sent. */
const UPLOAD_QUIET_MAX_MS = 30_000;
/** Someone is waiting: two more tries within two seconds, then the person decides. */
const REPEAT_AFTER_MS = [400, 1200];

/** A kiosk was pressed right after another press: the same press may pass after a moment. */
const tooFast = (problem: unknown) => problem instanceof Refused && problem.code === 'kiosk.too_fast';

/** A random identifier; `crypto.randomUUID` is missing on pages without a secure context. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * The key of one request to the center. The time stands first, so that the center keeps new keys side by
 * side; the rest is random. Not for what may tell nobody when it was made: that is `newKey`.
 */
export function requestKey(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  return time + newKey().slice(time.length);
}

export interface Client {
  get<T>(path: string, options?: SendOptions): Promise<T>;
  post<T>(path: string, body?: unknown, options?: SendOptions): Promise<T>;
  del(path: string): Promise<void>;
  upload<T>(path: string, file: File, onProgress: (share: number) => void): Promise<T>;
}

export function createClient(access: Access = {}, base = ''): Client {
  function headers(write: boolean): Record<string, string> {
    const out: Record<string, string> = { Accept: 'application/json' };
    const token = access.token?.();
    if (token) out['Authorization'] = `Bearer ${token}`;
    const csrf = access.csrf?.();
    if (write && csrf) out['X-CSRF-Token'] = csrf;
    return out;
  }

  async function once<T>(method: string, path: string, body: unknown, options: SendOptions): Promise<T> {
    const write = method !== 'GET';
    const head = headers(write);
    if (options.key) head['Idempotency-Key'] = options.key;
    if (body !== undefined) head['Content-Type'] = 'application/json';
    let response: Response;
    try {
      response = await fetch(base + path, {
        method,
        headers: head,
        credentials: 'same-origin',
        cache: 'no-store',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch {
      throw new Unreachable();
    }
    return read<T>(response, options);
  }

  async function read<T>(response: Response, options: SendOptions): Promise<T> {
    let parsed: unknown = undefined;
    if (response.status !== 204) {
      try {
        parsed = await response.json();
      } catch {
        // A body that is cut off says nothing about what was done; a refusal without one keeps its status.
        if (response.ok) throw new Unreachable();
      }
    }
    if (!response.ok) {
      if (response.status === 401 && !options.quiet401) access.onExpired?.();
      throw new Refused(response.status, (parsed ?? {}) as Partial<RefusalBody>);
    }
    return parsed as T;
  }

  return {
    get: (path, options = {}) => once('GET', path, undefined, options),

    async post(path, body, options = {}) {
      const withKey = { ...options, key: options.key ?? requestKey() };
      for (const wait of REPEAT_AFTER_MS) {
        try {
          return await once('POST', path, body ?? {}, withKey);
        } catch (problem) {
          if (!(problem instanceof Unreachable || tooFast(problem))) throw problem;
          await new Promise((done) => setTimeout(done, wait));
        }
      }
      return once('POST', path, body ?? {}, withKey);
    },

    del: (path) => once('DELETE', path, undefined, {}),

    // XMLHttpRequest, because fetch does not tell how much of a body has gone out. A line that is half open
    // never ends by itself: without a sign of life the file counts as not sent, and can be sent again.
    upload: (path, file, onProgress) =>
      new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.open('POST', base + path);
        for (const [name, value] of Object.entries(headers(true))) request.setRequestHeader(name, value);
        request.setRequestHeader('Idempotency-Key', requestKey());
        request.setRequestHeader('Content-Type', file.type);
        // A header carries ASCII only.
        request.setRequestHeader('X-File-Name', encodeURIComponent(file.name.normalize('NFC')));
        let quiet: ReturnType<typeof setTimeout>;
        const lives = () => {
          clearTimeout(quiet);
          quiet = setTimeout(() => request.abort(), UPLOAD_QUIET_MAX_MS);
        };
        const fails = () => {
          clearTimeout(quiet);
          reject(new Unreachable());
        };
        request.upload.onprogress = (event) => {
          lives();
          if (event.lengthComputable) onProgress(event.loaded / event.total);
        };
        request.onerror = fails;
        request.onabort = fails;
        request.onload = () => {
          clearTimeout(quiet);
          let parsed: unknown = {};
          try {
            parsed = JSON.parse(request.responseText);
          } catch {
            if (request.status < 300) return reject(new Unreachable());
          }
          if (request.status < 300) return resolve(parsed as never);
          if (request.status === 401) access.onExpired?.();
          reject(new Refused(request.status, parsed as Partial<RefusalBody>));
        };
        lives();
        request.send(file);
      }),
  };
}

/** The query part of an address, without what is empty. */
export function query(values: Record<string, string | number | undefined>): string {
  const parts = Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}
