/** Bringing a kept vote to the center: what came of it, and whether it may be forgotten. */
import { Refused } from '../api/client';
import type { Vote } from '../api/types';
import type { VoteBox } from './kept';

export type Delivered =
  | { at: 'taken' }
  | { at: 'refused'; problem: Refused }
  /** `next`: another vote may fare better, the center stumbles over this one only. */
  | { at: 'later'; next: boolean; code: string | null };

/** The center takes no vote so long after it was given; one that it has still not taken then is put aside. */
export const GIVEN_UP_MS = 26 * 3_600_000;
/** Why such a one was put aside. */
export const TOO_LONG = 'tablet.too_long';

/**
 * A refusal is final, but not when it is about the moment (busy, disk full) or about the tablet itself
 * (its token was withdrawn and will be given anew): then the vote waits. Nor is an answer without a code
 * of our center: something else stands in the line.
 */
export function isFinal(problem: unknown): problem is Refused {
  return problem instanceof Refused && problem.status < 500 && ![401, 403, 408, 429].includes(problem.status) && !problem.code.startsWith('http.');
}

/** The page's own clock, and the center's; the latter is not a number while the center is not heard. */
export interface Clocks {
  own: () => number;
  center: () => number;
}

const UNHEARD: Clocks = { own: Date.now, center: () => NaN };

export async function deliver(box: VoteBox, send: (vote: Vote) => Promise<unknown>, vote: Vote, clocks = UNHEARD): Promise<Delivered> {
  try {
    await send(vote);
  } catch (problem) {
    const code = problem instanceof Refused ? problem.code : null;
    if (!isFinal(problem)) {
      const stumbles = problem instanceof Refused && problem.status >= 500 && problem.status !== 503;
      const old = clocks.center() - Date.parse(vote.cast_at ?? '') > GIVEN_UP_MS;
      if (problem instanceof Refused && old) await box.setAside(vote.client_id, TOO_LONG, clocks.own());
      return { at: 'later', next: stumbles, code };
    }
    // Never sent again, never counted, but not without a trace.
    await box.setAside(vote.client_id, problem.code, clocks.own());
    return { at: 'refused', problem };
  }
  // Only now: a tablet that dies between the answer and this sends once more, and it counts once.
  await box.drop(vote.client_id);
  return { at: 'taken' };
}

/**
 * How many votes the center is told of as waiting: those that it did not take although it answered. What
 * waits for the line alone is not told, because it goes when the line is back: a number beside a tablet,
 * and figures that grow right after it, would say at whose counter the vote was given. `round` is how the
 * last one came out; none when there was no new one.
 */
export function stuckOf(before: number, kept: number, round: { done: boolean; code: string | null } | null): number {
  const stumbled = round !== null && !round.done && round.code !== null;
  return stumbled ? kept : Math.min(before, round?.done ? 0 : kept);
}

/**
 * Brings all that waits, oldest first; stops where the next would fare no better. Says whether nothing
 * waits any more, and the last code that the center gave.
 */
export async function deliverAll(
  box: VoteBox,
  send: (vote: Vote) => Promise<unknown>,
  clocks = UNHEARD,
): Promise<{ done: boolean; code: string | null }> {
  let done = true;
  let code: string | null = null;
  for (const vote of await box.all()) {
    const came = await deliver(box, send, vote, clocks);
    if (came.at === 'refused') code = came.problem.code;
    if (came.at !== 'later') continue;
    done = false;
    code = came.code ?? code;
    if (!came.next) break;
  }
  return { done, code };
}
