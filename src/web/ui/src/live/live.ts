/**
 * One WebSocket a page. The server sends whole snapshots by topic and version and a heartbeat every
 * 5 s; a page that hears nothing for 15 s says so instead of showing an old number as if it were new.
 * While no socket stands, the page asks for its snapshots over HTTP. No React in here.
 */
import { Refused } from '../api/client';

export type LiveHealth = 'connecting' | 'live' | 'stale' | 'offline' | 'refused';

export interface Snapshot<T = unknown> {
  version: number;
  at: string;
  data: T;
}

export interface LiveState {
  health: LiveHealth;
  /** Our clock when the server was last heard. */
  heardAt: number | null;
  /** Server's clock minus ours, so that a wall clock on a screen shows the center's time. */
  offsetMs: number;
  topics: Readonly<Record<string, Snapshot>>;
  refusal: Refused | null;
}

export interface SocketLike {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event?: { code?: number }) => void) | null;
  send(text: string): void;
  close(): void;
}

export interface LiveOptions {
  topics: string[];
  token?: string | undefined;
  /** How to get a topic's snapshot over HTTP. */
  fetchers?: Record<string, () => Promise<Snapshot>>;
  openSocket?: (protocols: string[]) => SocketLike;
  now?: () => number;
  random?: () => number;
}

export const STALE_AFTER_MS = 15_000;
const FALLBACK_EVERY_MS = 5_000;
const RECONNECT_FIRST_MS = 500;
const RECONNECT_MOST_MS = 10_000;
const TICK_MS = 1_000;
/** The server said that it goes away: nothing new comes until it is back, so the page need not wait to say so. */
const GOING_AWAY = 1001;
/** Above this a clock that differs is worth correcting; below it the line's delay is all there is. */
const OFFSET_WORTH_MS = 2_000;

export class Live {
  private state: LiveState = { health: 'connecting', heardAt: null, offsetMs: 0, topics: {}, refusal: null };
  private readonly listeners = new Set<() => void>();
  private readonly now: () => number;
  private readonly random: () => number;
  private socket: SocketLike | null = null;
  private open = false;
  private goneAway = false;
  private attempts = 0;
  /** Topics of the present connection that had a snapshot: after a restart versions may begin anew. */
  private seen = new Set<string>();
  private startedAt = 0;
  private connectedAt = 0;
  private retryAt = 0;
  private fallbackAt = 0;
  private timer: ReturnType<typeof setInterval> | null = null;

  constructor(private readonly options: LiveOptions) {
    this.now = options.now ?? Date.now;
    this.random = options.random ?? Math.random;
  }

  current = (): LiveState => this.state;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  start(): void {
    if (this.timer) return;
    this.startedAt = this.now();
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.connect();
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    this.drop();
  }

  /** After a login the cookie is new: the old socket belongs to nobody. */
  reconnect(): void {
    this.drop();
    this.attempts = 0;
    this.patch({ refusal: null });
    if (this.timer) this.connect();
  }

  private patch(change: Partial<LiveState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }

  private connect(): void {
    this.seen = new Set();
    this.open = false;
    this.connectedAt = this.now();
    const protocols = this.options.token ? [`motcua.${this.options.token}`] : [];
    let socket: SocketLike;
    try {
      socket = (this.options.openSocket ?? openSocket)(protocols);
    } catch {
      this.failed();
      return;
    }
    this.socket = socket;
    socket.onopen = () => {
      if (this.socket !== socket) return;
      this.open = true;
      socket.send(JSON.stringify({ subscribe: this.options.topics }));
    };
    socket.onmessage = (event) => {
      if (this.socket === socket) this.receive(event.data);
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      if (event?.code === GOING_AWAY) this.goneAway = true;
      this.socket = null;
      this.open = false;
      this.failed();
    };
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    this.open = false;
    socket?.close();
  }

  private failed(): void {
    const most = Math.min(RECONNECT_MOST_MS, RECONNECT_FIRST_MS * 2 ** this.attempts);
    this.attempts += 1;
    // Full jitter: thirty screens must not come back in the same moment.
    this.retryAt = this.now() + 100 + this.random() * most;
    this.askOverHttp();
    this.judge();
  }

  private receive(raw: unknown): void {
    let message: { topic?: string; version?: number; at?: string; data?: unknown; code?: string; topics?: string[] };
    try {
      message = JSON.parse(String(raw));
    } catch {
      return;
    }
    if (!message || typeof message.topic !== 'string') return;
    this.attempts = 0;
    if (message.topic === 'refused') {
      // A page that may follow nothing of what it asked for has the wrong token.
      const left = this.options.topics.filter((topic) => !message.topics?.includes(topic));
      if (left.length === 0) this.patch({ refusal: new Refused(403, { code: message.code ?? 'auth.not_allowed' }), health: 'refused' });
      return;
    }
    if (message.topic !== 'heartbeat') {
      this.store(message.topic, {
        version: message.version ?? 0,
        at: message.at ?? new Date(this.now()).toISOString(),
        data: message.data,
      });
    }
    this.heard(message.topic === 'heartbeat' ? message.at : undefined);
  }

  private store(topic: string, snapshot: Snapshot): void {
    const known = this.state.topics[topic];
    if (known && this.seen.has(topic) && snapshot.version < known.version) return;
    this.seen.add(topic);
    this.patch({ topics: { ...this.state.topics, [topic]: snapshot } });
  }

  private heard(serverAt: string | undefined): void {
    const now = this.now();
    let offsetMs = this.state.offsetMs;
    if (serverAt) {
      const measured = Date.parse(serverAt) - now;
      if (Number.isFinite(measured)) offsetMs = Math.abs(measured) > OFFSET_WORTH_MS ? measured : 0;
    }
    this.goneAway = false;
    const { refusal } = this.state;
    this.patch({ health: refusal?.status === 403 ? 'refused' : 'live', heardAt: now, offsetMs, refusal: refusal?.status === 403 ? refusal : null });
  }

  private askOverHttp(): void {
    const fetchers = Object.entries(this.options.fetchers ?? {});
    if (fetchers.length === 0 || this.now() < this.fallbackAt) return;
    this.fallbackAt = this.now() + FALLBACK_EVERY_MS;
    for (const [topic, fetch] of fetchers) {
      fetch().then(
        (snapshot) => {
          if (this.open || !this.timer) return;
          this.seen.delete(topic);
          this.store(topic, snapshot);
          this.heard(undefined);
        },
        (problem: unknown) => {
          // A WebSocket does not tell why it was turned away; the same question over HTTP does.
          if (problem instanceof Refused && (problem.status === 401 || problem.status === 403)) {
            this.patch({ refusal: problem });
            this.judge();
          }
        },
      );
    }
  }

  private judge(): void {
    const { heardAt, health, refusal, topics } = this.state;
    const silentFor = this.now() - (heardAt ?? this.startedAt);
    let next: LiveHealth = health;
    if (refusal) next = 'refused';
    else if (silentFor > STALE_AFTER_MS || this.goneAway) next = Object.keys(topics).length > 0 ? 'stale' : 'offline';
    else if (heardAt === null && this.attempts >= 2) next = 'offline';
    if (next !== health) this.patch({ health: next });
  }

  private tick(): void {
    const now = this.now();
    // A connection gets its own 15 s, however old the last word of the one before is.
    const silentFor = now - Math.max(this.state.heardAt ?? 0, this.connectedAt);
    if (this.socket && silentFor > STALE_AFTER_MS) {
      // Open but dumb: a half-open line never closes by itself.
      this.drop();
      this.failed();
    } else if (!this.socket && now >= this.retryAt) {
      this.connect();
    }
    if (!this.open) this.askOverHttp();
    this.judge();
  }
}

function openSocket(protocols: string[]): SocketLike {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const address = `${scheme}://${location.host}/live`;
  return new WebSocket(address, protocols) as unknown as SocketLike;
}
