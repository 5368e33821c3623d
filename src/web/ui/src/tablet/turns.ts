/**
 * Which question the tablet asks, which wait their turn, and when a ballot that nobody finishes is
 * cleared. A citizen who is filling in a ballot keeps it when the counter's next question comes; that
 * one follows afterwards. No React and no clock in here: `now` is the center's time in milliseconds.
 */
import type { Stage, TabletToken } from '../api/types';

/** A ballot that was touched and then not for so long is taken as left: it is cleared, nothing is sent. */
export const REST_MS = 60_000;
/** So long before a half-filled ballot is cleared the tablet says so. */
export const WARN_MS = 20_000;
/** A question that nobody touches makes room for the next one when it has stood for so long. */
export const UNTOUCHED_MS = 20_000;
/** So many questions wait; when one more comes, the oldest goes: its citizen has left the longest ago. */
export const WAITING_MAX = 4;
/** So long the tablet says that what was not sent is cleared, before it asks again. */
export const CLEARED_MS = 6_000;

export interface Question {
  token: string;
  stage: Stage;
  /** Until when its ballot may be begun. */
  endsAt: number;
  /** How long a ballot that was begun may take, however busy the hand: the center takes no vote later. */
  finishMs: number;
  /** It had to wait for somebody else: who stands there is told that the question is not theirs. */
  waited: boolean;
}

export interface OpenBallot {
  question: Question;
  /** Another number for each ballot: one that is shown anew is blank. */
  turn: number;
  shownAt: number;
  /** First and last touch; `null` as long as nobody has come. */
  touched: { first: number; last: number } | null;
  /** Something stands on it that its citizen would lose, and that the next must not see. */
  filled: boolean;
}

export interface Turns {
  open: OpenBallot | null;
  /** Oldest first. */
  waiting: readonly Question[];
  /** A question whose ballot was cleared: it is asked again, blank, if no other waits. */
  again: Question | null;
  clearedAt: number | null;
  turn: number;
  /** The token that came last; `null` once the center has nothing open. */
  newest: string | null;
}

export const NO_TURNS: Turns = { open: null, waiting: [], again: null, clearedAt: null, turn: 0, newest: null };

export function questionOf({ token, stage, expires_at, finish_s }: TabletToken): Question {
  return { token, stage, endsAt: Date.parse(expires_at), finishMs: finish_s * 1000, waited: false };
}

/** The center told a question. One that is already here is not taken twice. */
export function offered(turns: Turns, question: Question): Turns {
  const here = [turns.open?.question, turns.again, ...turns.waiting];
  if (here.some((one) => one?.token === question.token)) return { ...turns, newest: question.token };
  return { ...turns, waiting: [...turns.waiting, question].slice(-WAITING_MAX), newest: question.token };
}

/**
 * The center has nothing open any more: the next number was called to this counter, or the last question
 * was answered or is over. Only a ballot that somebody is at stays, and it is not asked again.
 */
export function withdrawn(turns: Turns): Turns {
  if (turns.newest === null) return turns;
  return { ...turns, open: turns.open?.touched ? turns.open : null, waiting: [], again: null, newest: null };
}

/** Somebody touched the screen or a key. */
export function touched(turns: Turns, now: number): Turns {
  if (!turns.open) return turns;
  return { ...turns, open: { ...turns.open, touched: { first: turns.open.touched?.first ?? now, last: now } } };
}

/** Something was chosen or written that is not sent yet. */
export function filled(turns: Turns): Turns {
  return turns.open ? { ...turns, open: { ...turns.open, filled: true } } : turns;
}

/** The ballot was sent. */
export function voted(turns: Turns): Turns {
  return { ...turns, open: null };
}

/** Brings the turns to this moment. `free` when the screen says nothing else, so that a ballot may open. */
export function at(turns: Turns, now: number, free: boolean): Turns {
  const { newest } = turns;
  let { open, clearedAt, turn } = turns;
  let again = turns.again && now < turns.again.endsAt ? turns.again : null;
  let waiting = turns.waiting.some((one) => now >= one.endsAt) ? turns.waiting.filter((one) => now < one.endsAt) : turns.waiting;
  if (clearedAt !== null) clearedAt = now - clearedAt < CLEARED_MS ? Math.min(clearedAt, now) : null;

  if (open) open = notAhead(open, now);
  if (open?.touched) {
    if (endOf(open.question, open.touched).at <= now) {
      clearedAt = open.filled ? now : null;
      // Withdrawn, it is not for who stands there now.
      again = newest !== null && now < open.question.endsAt ? open.question : null;
      open = null;
    }
  } else if (open && (now >= open.question.endsAt || (waiting.length > 0 && now - open.shownAt >= UNTOUCHED_MS))) {
    open = null;
  }

  const next = waiting[0] ?? again;
  if (!open && free && clearedAt === null && next) {
    turn += 1;
    open = { question: next, turn, shownAt: now, touched: null, filled: false };
    waiting = waiting.filter((one) => one !== next);
    again = null;
  }
  if ((!free || open?.touched) && waiting.some((one) => !one.waited)) waiting = waiting.map((one) => ({ ...one, waited: true }));
  const same = open === turns.open && again === turns.again && waiting === turns.waiting && clearedAt === turns.clearedAt;
  return same ? turns : { ...turns, open, waiting, again, clearedAt, turn };
}

/** Why and in how many seconds a half-filled ballot is cleared; `null` as long as that is not near. */
export function clearsIn(turns: Turns, now: number): { why: 'rest' | 'finish'; seconds: number } | null {
  const { open } = turns;
  if (!open?.touched || !open.filled) return null;
  const end = endOf(open.question, open.touched);
  const left = end.at - now;
  return left > WARN_MS ? null : { why: end.why, seconds: Math.max(0, Math.ceil(left / 1000)) };
}

function endOf(question: Question, { first, last }: { first: number; last: number }): { at: number; why: 'rest' | 'finish' } {
  const rest = last + REST_MS;
  const finish = first + question.finishMs;
  return rest < finish ? { at: rest, why: 'rest' } : { at: finish, why: 'finish' };
}

/** A clock that was set back prolongs nothing: what lies ahead of it is now. */
function notAhead(open: OpenBallot, now: number): OpenBallot {
  const { touched, shownAt } = open;
  if (shownAt <= now && (!touched || touched.last <= now)) return open;
  return {
    ...open,
    shownAt: Math.min(shownAt, now),
    touched: touched && { first: Math.min(touched.first, now), last: Math.min(touched.last, now) },
  };
}
