/** Bringing a kept vote to the center: what came of it, and whether it may be forgotten. */
import { Refused } from '../api/client';
import type { Vote } from '../api/types';
import type { VoteBox } from './kept';

export type Delivered = { at: 'taken' } | { at: 'refused'; problem: Refused } | { at: 'later' };

/**
 * A refusal is final, but not when it is about the moment (busy, disk full) or about the tablet itself
 * (its token was withdrawn and will be given anew): then the vote waits.
 */
export function isFinal(problem: unknown): problem is Refused {
  return problem instanceof Refused && problem.status < 500 && ![401, 403, 408, 429].includes(problem.status);
}

export async function deliver(box: VoteBox, send: (vote: Vote) => Promise<unknown>, vote: Vote): Promise<Delivered> {
  try {
    await send(vote);
  } catch (problem) {
    if (!isFinal(problem)) return { at: 'later' };
    await box.drop(vote.client_id);
    return { at: 'refused', problem };
  }
  // Only now: a tablet that dies between the answer and this sends once more, and it counts once.
  await box.drop(vote.client_id);
  return { at: 'taken' };
}

/** Brings all that waits, oldest first; stops at the first that must wait longer. */
export async function deliverAll(box: VoteBox, send: (vote: Vote) => Promise<unknown>): Promise<void> {
  for (const vote of await box.all()) {
    if ((await deliver(box, send, vote)).at === 'later') return;
  }
}
