/** The turns of a tablet's questions, moved on by the clock, by the center's news and by who touches it. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { TabletToken } from '../api/types';
import { at, filled, NO_TURNS, offered, questionOf, touched, voted, withdrawn, type Turns } from './turns';

const TOUCHES = ['pointerdown', 'keydown', 'input'] as const;

/**
 * `told` is what the center has open; `given` are the tokens that were used here, `null` as long as that
 * is not known. `free` when the screen says nothing else; `tick` changes as time passes.
 */
export function useTurns(told: TabletToken | null, given: ReadonlySet<string> | null, free: boolean, tick: number, offsetMs: number) {
  const [turns, setTurns] = useState<Turns>(NO_TURNS);
  const time = useRef({ free, offsetMs });
  time.current = { free, offsetMs };
  const change = useCallback((work: (turns: Turns, now: number) => Turns, freeAfter = time.current.free) => {
    const now = Date.now() + time.current.offsetMs;
    const { free } = time.current;
    setTurns((before) => at(work(at(before, now, free), now), now, freeAfter));
  }, []);

  // A vote that waits here for the center has used its token, whatever the center still says.
  const known = given !== null;
  const news = told && given?.has(told.token) ? null : told;
  useLayoutEffect(() => {
    if (known) change((turns) => (news ? offered(turns, questionOf(news)) : withdrawn(turns)));
  }, [change, known, news]);
  // Before it is drawn: no flash of the screen between two questions.
  useLayoutEffect(() => change((turns) => turns), [change, free, tick]);
  useEffect(() => {
    const touch = () => change(touched);
    // After the page's own handlers: drawn anew before them, a text field would lose what was just typed.
    for (const kind of TOUCHES) addEventListener(kind, touch);
    return () => {
      for (const kind of TOUCHES) removeEventListener(kind, touch);
    };
  }, [change]);

  const onFilled = useCallback(() => change(filled), [change]);
  // The screen says first what came of the vote.
  const onSent = useCallback(() => change(voted, false), [change]);
  return { turns, onFilled, onSent };
}
