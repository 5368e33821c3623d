/**
 * A page without a token asks the center to be let in: it shows a code, asks now and then how its request
 * stands, and takes its token when somebody at the console said yes. The claim that it asks with is a
 * secret of this browser; a page that is loaded anew goes on with the same code. No React in here.
 */
import { Refused } from '../../api/client';
import type { DeviceRole, PairingAnswer, PairingOpened } from '../../api/types';

/** How often it asks while its code is shown. */
export const EVERY_MS = 2_000;
/** How soon it asks again when the center did not answer. */
export const AWAY_MS = 5_000;
/** A page that is told to wait for an unclear time waits so long. */
const WAIT_MS = 30_000;

export type PairedRole = Exclude<DeviceRole, 'load'>;

export type Asking =
  | { at: 'opening' }
  | { at: 'shown'; code: string; untilMs: number }
  /** The center says that too many ask; it is asked again by itself. */
  | { at: 'held'; problem: Refused }
  | { at: 'refused' }
  | { at: 'away' }
  | { at: 'paired' };

export interface AskingOptions {
  role: PairedRole;
  open: (role: PairedRole) => Promise<PairingOpened>;
  claim: (claim: string) => Promise<PairingAnswer>;
  /** Keeps the token; the page begins anew with it. */
  paired: (token: string, counter: number | undefined) => void;
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  now?: () => number;
}

const kept = (role: PairedRole) => `motcua.pairing.${role}`;

export class PairingAsker {
  private state: Asking = { at: 'opening' };
  private readonly listeners = new Set<() => void>();
  private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  private readonly now: () => number;
  /** Also when the storage takes nothing. */
  private asked: { code: string; claim: string } | null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** Grows with each start: what an earlier one still waits for goes no further. */
  private round = 0;
  private running = false;

  constructor(private readonly options: AskingOptions) {
    this.storage = options.storage ?? localStorage;
    this.now = options.now ?? Date.now;
    this.asked = this.remembered();
  }

  current = (): Asking => this.state;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  start(): void {
    if (this.running) return;
    this.running = true;
    this.round += 1;
    void this.go(this.round);
  }

  stop(): void {
    this.running = false;
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  /** After a no, somebody at the device wants to ask once more. */
  again = (): void => {
    if (this.state.at !== 'refused') return;
    this.say({ at: 'opening' });
    void this.go(this.round);
  };

  private async go(round: number): Promise<void> {
    const wait = await this.turn();
    if (this.running && round === this.round && wait !== null) this.timer = setTimeout(() => void this.go(round), wait);
  }

  /** Asks once; gives after how long to ask again, or nothing when it is over. */
  private async turn(): Promise<number | null> {
    try {
      if (!this.asked) {
        const { code, claim, expires_in_s } = await this.options.open(this.options.role);
        this.remember({ code, claim });
        this.show(code, expires_in_s);
        return EVERY_MS;
      }
      const { code, claim } = this.asked;
      const answer = await this.options.claim(claim);
      if (answer.state === 'approved' && answer.token) {
        // Kept first: a browser that is switched off in between asks with its claim once more.
        this.options.paired(answer.token, answer.counter ?? undefined);
        this.forget();
        this.say({ at: 'paired' });
        return null;
      }
      if (answer.state === 'refused') {
        this.forget();
        this.say({ at: 'refused' });
        return null;
      }
      this.show(code, answer.expires_in_s);
      return EVERY_MS;
    } catch (problem) {
      if (problem instanceof Refused && problem.status === 404 && this.asked) {
        // The code's time is over, or the center was started again: another one.
        this.forget();
        return this.state.at === 'opening' ? 0 : EVERY_MS;
      }
      if (problem instanceof Refused && (problem.status === 429 || problem.code === 'pairing.full')) {
        this.say({ at: 'held', problem });
        const wait = problem.details['wait_s'];
        return typeof wait === 'number' ? wait * 1_000 : WAIT_MS;
      }
      this.say({ at: 'away' });
      return AWAY_MS;
    }
  }

  private show(code: string, seconds: number): void {
    this.say({ at: 'shown', code, untilMs: this.now() + seconds * 1_000 });
  }

  private say(state: Asking): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }

  private remembered(): { code: string; claim: string } | null {
    try {
      const found: unknown = JSON.parse(this.storage.getItem(kept(this.options.role)) ?? 'null');
      if (typeof found !== 'object' || found === null) return null;
      const { code, claim } = found as { code?: unknown; claim?: unknown };
      return typeof code === 'string' && typeof claim === 'string' ? { code, claim } : null;
    } catch {
      return null;
    }
  }

  private remember(asked: { code: string; claim: string }): void {
    this.asked = asked;
    try {
      this.storage.setItem(kept(this.options.role), JSON.stringify(asked));
    } catch {
      // A storage that is full or forbidden costs the page its code at the next loading, nothing more.
    }
  }

  private forget(): void {
    this.asked = null;
    try {
      this.storage.removeItem(kept(this.options.role));
    } catch {
      // As above.
    }
  }
}

/** «ACD E34»: two halves are read out and compared more easily than six letters. */
export const inHalves = (code: string): [string, string] => [code.slice(0, Math.ceil(code.length / 2)), code.slice(Math.ceil(code.length / 2))];

/** A code as it is compared: typed in small letters, with spaces and dashes. */
export const typedCode = (text: string): string => text.replace(/[^0-9a-z]/gi, '').toUpperCase();
