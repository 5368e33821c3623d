/** One vote: sent until the center has it, with one identifier, so that it counts once. */
import { useCallback, useRef, useState } from 'react';
import type { CenterApi } from '../api/center';
import { newKey, Unreachable } from '../api/client';
import type { Vote } from '../api/types';

export type VoteState =
  | { at: 'none' }
  | { at: 'sending'; again: boolean }
  | { at: 'thanks'; token: string }
  | { at: 'refused'; token: string; problem: unknown };

const AGAIN_AFTER_MS = 3_000;
const THANKS_MS = 6_000;

export function useVote(api: CenterApi) {
  const [state, setState] = useState<VoteState>({ at: 'none' });
  const busy = useRef(false);
  const send = useCallback(
    async (vote: Omit<Vote, 'client_id'>) => {
      if (busy.current) return;
      busy.current = true;
      const body = { ...vote, client_id: newKey() };
      setState({ at: 'sending', again: false });
      for (;;) {
        try {
          await api.vote(body);
          setState({ at: 'thanks', token: vote.token });
          break;
        } catch (problem) {
          if (!(problem instanceof Unreachable)) {
            setState({ at: 'refused', token: vote.token, problem });
            break;
          }
          // The citizen has pressed: the tablet keeps asking until the center answers.
          setState({ at: 'sending', again: true });
          await new Promise((done) => setTimeout(done, AGAIN_AFTER_MS));
        }
      }
      busy.current = false;
      setTimeout(() => setState((now) => (now.at === 'thanks' || now.at === 'refused' ? { at: 'none' } : now)), THANKS_MS);
    },
    [api],
  );
  return { state, send };
}
