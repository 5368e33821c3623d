/** One vote: kept first, then sent until the center has it, with one identifier, so that it counts once. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { CenterApi } from '../api/center';
import { newKey } from '../api/client';
import type { Vote } from '../api/types';
import { deliver, deliverAll, type Delivered } from './deliver';
import { memoryBox, openBox, type VoteBox } from './kept';

export type VoteState =
  | { at: 'none' }
  | { at: 'sending' }
  | { at: 'thanks' }
  /** It lies here and goes as soon as the center answers. */
  | { at: 'kept' }
  | { at: 'refused'; problem: unknown };

const LATER: Delivered = { at: 'later' };
const AGAIN_AFTER_MS = 3_000;
const THANKS_MS = 6_000;
/** Who has pressed does not wait longer than this for a line that says nothing; the vote lies here already. */
const PATIENCE_MS = 4_000;

export function useVote(api: CenterApi) {
  const [state, setState] = useState<VoteState>({ at: 'none' });
  /** Tokens whose vote was given here; `null` until the box was looked into. */
  const [given, setGiven] = useState<ReadonlySet<string> | null>(null);
  const box = useRef<VoteBox | null>(null);
  const busy = useRef(false);

  useEffect(() => {
    let stopped = false;
    let timer: ReturnType<typeof setTimeout>;
    const round = async () => {
      if (box.current && !busy.current) {
        busy.current = true;
        await deliverAll(box.current, api.vote).catch(() => undefined);
        busy.current = false;
      }
      if (!stopped) timer = setTimeout(() => void round(), AGAIN_AFTER_MS);
    };
    void openBox().then(async (opened) => {
      box.current ??= opened;
      const waiting = await box.current.all().catch(() => []);
      if (stopped) return;
      setGiven((before) => new Set([...(before ?? []), ...waiting.map((vote) => vote.token)]));
      void round();
    });
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [api]);

  const pressed = useRef(false);
  const send = useCallback(
    async (vote: Omit<Vote, 'client_id'>) => {
      if (pressed.current) return;
      pressed.current = true;
      setState({ at: 'sending' });
      const body = { ...vote, client_id: newKey() };
      const kept = (box.current ??= memoryBox());
      try {
        await kept.keep(body);
      } catch {
        // A full or broken database must not stop the citizen: from now on this page's memory keeps them.
        box.current = memoryBox();
        await box.current.keep(body);
      }
      setGiven((before) => new Set([...(before ?? []), vote.token]));
      const came = await Promise.race([
        deliver(box.current ?? kept, api.vote, body).catch(() => LATER),
        new Promise<Delivered>((done) => setTimeout(() => done(LATER), PATIENCE_MS)),
      ]);
      setState(came.at === 'taken' ? { at: 'thanks' } : came.at === 'later' ? { at: 'kept' } : came);
      pressed.current = false;
      setTimeout(() => setState((now) => (now.at === 'sending' ? now : { at: 'none' })), THANKS_MS);
    },
    [api],
  );
  return { state, send, given };
}
