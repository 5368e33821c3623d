/** One vote: kept first, then sent until the center has it, with one identifier, so that it counts once. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { CenterApi } from '../api/center';
import { newKey } from '../api/client';
import type { Vote } from '../api/types';
import { deliver, deliverAll, stuckOf, type Clocks, type Delivered } from './deliver';
import { memoryBox, openBox, recent, type VoteBox } from './kept';

export type VoteState =
  | { at: 'none' }
  | { at: 'sending' }
  | { at: 'thanks' }
  /** It lies here and goes as soon as the center answers. */
  | { at: 'kept' }
  | { at: 'refused'; problem: unknown };

/** How it stands with what lies here, for the staff. */
export interface Standing {
  kept: number;
  /** Of these, what the center is told. */
  stuck: number;
  aside: number;
  lasting: boolean;
  /** The last code that the center gave for a vote. */
  error: string | null;
}

const LATER: Delivered = { at: 'later', next: false, code: null };
/** Nobody waits for a kept vote: tried again after this, then after twice as long, up to the most. */
const AGAIN_FIRST_MS = 3_000;
const AGAIN_MOST_MS = 60_000;
const THANKS_MS = 6_000;
/** Who has pressed does not wait longer than this for a line that says nothing; the vote lies here already. */
const PATIENCE_MS = 4_000;

/** `live` while the center is heard: when it comes back, what waits goes at once. `offsetMs` is its clock less ours. */
export function useVote(api: CenterApi, live: boolean, offsetMs: number) {
  const heard = useRef({ live, offsetMs });
  heard.current = { live, offsetMs };
  const [state, setState] = useState<VoteState>({ at: 'none' });
  /** Tokens whose vote was given here; `null` until the box was looked into. */
  const [given, setGiven] = useState<ReadonlySet<string> | null>(null);
  const [standing, setStanding] = useState<Standing>({ kept: 0, stuck: 0, aside: 0, lasting: true, error: null });
  const box = useRef<VoteBox | null>(null);
  const [opened, setOpened] = useState(false);
  const busy = useRef(false);

  const look = useCallback(async (error: string | null, round: { done: boolean; code: string | null } | null = null) => {
    const here = box.current;
    if (!here) return;
    const [kept, aside] = await Promise.all([here.all(), here.aside()]).catch(() => [[], []]);
    setStanding((before) => {
      const now = {
        kept: kept.length,
        stuck: stuckOf(before.stuck, kept.length, round),
        aside: recent(aside, Date.now()).length,
        lasting: here.lasting,
        error: error ?? before.error,
      };
      const same = (Object.keys(now) as (keyof Standing)[]).every((key) => now[key] === before[key]);
      return same ? before : now;
    });
  }, []);

  useEffect(() => {
    let stopped = false;
    void openBox().then(async (found) => {
      box.current ??= found;
      const waiting = await box.current.all().catch(() => []);
      if (stopped) return;
      setGiven((before) => new Set([...(before ?? []), ...waiting.map((vote) => vote.token)]));
      setOpened(true);
      void look(null);
    });
    return () => {
      stopped = true;
    };
  }, [look]);

  useEffect(() => {
    if (!opened) return undefined;
    let stopped = false;
    let wait = AGAIN_FIRST_MS;
    let timer: ReturnType<typeof setTimeout>;
    const round = async () => {
      if (box.current && !busy.current) {
        busy.current = true;
        const clocks: Clocks = { own: Date.now, center: () => (heard.current.live ? Date.now() + heard.current.offsetMs : NaN) };
        const came = await deliverAll(box.current, api.vote, clocks).catch(() => ({ done: false, code: null }));
        busy.current = false;
        wait = came.done ? AGAIN_FIRST_MS : Math.min(wait * 2, AGAIN_MOST_MS);
        await look(came.code, came);
      }
      if (!stopped) timer = setTimeout(() => void round(), wait);
    };
    void round();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [api, live, opened, look]);

  const pressed = useRef(false);
  const send = useCallback(
    async (vote: Omit<Vote, 'client_id'>) => {
      if (pressed.current) return;
      pressed.current = true;
      setState({ at: 'sending' });
      const body = { ...vote, client_id: newKey() };
      const here = (box.current ??= memoryBox());
      await here.keep(body);
      setGiven((before) => new Set([...(before ?? []), vote.token]));
      const way = deliver(here, api.vote, body).catch(() => LATER);
      void way.then((came) => look(came.at === 'refused' ? came.problem.code : came.at === 'later' ? came.code : null));
      const came = await Promise.race([way, new Promise<Delivered>((done) => setTimeout(() => done(LATER), PATIENCE_MS))]);
      setState(came.at === 'taken' ? { at: 'thanks' } : came.at === 'later' ? { at: 'kept' } : came);
      pressed.current = false;
      setTimeout(() => setState((now) => (now.at === 'sending' ? now : { at: 'none' })), THANKS_MS);
    },
    [api, look],
  );
  return { state, send, given, standing };
}

