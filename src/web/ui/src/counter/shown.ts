/** What the screen of one counter shows of the hall's snapshot. No React in here. */
import type { Hall, HallCounter, PauseReason } from '../api/types';

export type Shown =
  | { what: 'calling' | 'serving'; label: string }
  | { what: 'free' | 'closed' }
  | { what: 'paused'; reason: PauseReason | null };

/** A number that is at the counter is shown in any state but closed, as the hall's screens show it. */
export function shown(counter: HallCounter): Shown {
  if (counter.state === 'closed') return { what: 'closed' };
  if (counter.label) return { what: counter.serving ? 'serving' : 'calling', label: counter.label };
  if (counter.state === 'paused') return { what: 'paused', reason: counter.pause_reason ?? null };
  return { what: 'free' };
}

/** A call as the screen tells it from the one before: a recall of the same number is another one. */
export interface Call {
  label: string;
  at: string;
}

/**
 * The last call of the number at a counter. The hall's list is short: when others have pushed the call off
 * it, it is still the one that was known, and nothing flashes.
 */
export function lastCall(hall: Hall, counter: HallCounter, known: Call | null): Call | null {
  const { label, number } = counter;
  if (!label) return null;
  const listed = hall.calls.find((call) => call.counter === number && call.label === label);
  if (listed) return { label, at: listed.at };
  return known?.label === label ? known : { label, at: '' };
}

/** Names of service groups that have room. */
export const SERVICES_SHOWN = 6;

/** The names that are shown, and how many more there are. */
export function named<S extends { code: string }>(counter: HallCounter, services: readonly S[]): { listed: S[]; more: number } {
  const all = services.filter((service) => counter.services?.includes(service.code));
  return { listed: all.slice(0, SERVICES_SHOWN), more: Math.max(0, all.length - SERVICES_SHOWN) };
}
