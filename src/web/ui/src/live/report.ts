/**
 * What a page tells the center of itself, so that the console shows its trouble: now and then, and soon
 * after something changed. Only while the center is heard: a page that cannot reach it is known by its
 * silence. No React in here.
 */
import { newKey } from '../api/client';
import type { SurfaceReport } from '../api/types';

/** As the center expects it: after two and a half of these it calls a page silent. */
export const EVERY_MS = 60_000;
/** So long after a report comes the next one at the soonest, whatever changes. */
export const SOONEST_MS = 5_000;

/** What changes; the rest of a report is the page's own. */
export type Facts = Omit<SurfaceReport, 'page' | 'version'>;

export class Reporter {
  private sentAt: number | null = null;
  private said = '';
  private busy = false;

  constructor(private readonly send: (facts: Facts) => Promise<unknown>) {}

  /** To be called every second or so. */
  tick(now: number, live: boolean, facts: Facts): void {
    if (!live || this.busy) return;
    const words = JSON.stringify(facts);
    const since = this.sentAt === null ? Infinity : now - this.sentAt;
    // A clock that was set back holds nothing up.
    if (since >= 0 && since < (words === this.said ? EVERY_MS : SOONEST_MS)) return;
    this.sentAt = now;
    this.busy = true;
    const over = () => {
      this.busy = false;
    };
    this.send(facts).then(() => {
      this.said = words;
      over();
    }, over);
  }
}

/** The page's own id: the same after it is loaded anew, another on another screen. */
export function pageId(surface: string, storage: Pick<Storage, 'getItem' | 'setItem'> = localStorage): string {
  const name = `motcua.page.${surface}`;
  const made = newKey();
  try {
    const known = storage.getItem(name);
    if (known && /^[0-9a-f]{32}$/.test(known)) return known;
    storage.setItem(name, made);
  } catch {
    // A storage that is full or forbidden costs the page its name, not its work.
  }
  return made;
}

/** A code as the center takes it: what somebody else in the line answers may be anything. */
export const plainCode = (code: unknown): string | null => (typeof code === 'string' && /^[A-Za-z0-9._+-]{1,64}$/.test(code) ? code : null);

/** The release that this page's files are of. */
export const VERSION: string = import.meta.env.MOTCUA_VERSION;

/** A clock's offset as it is worth telling: in whole seconds. */
export const wholeSeconds = (ms: number): number => Math.round(ms / 1000) * 1000;
