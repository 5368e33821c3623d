import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { Unreachable } from '../api/client';
import { Live, type LiveOptions, type LiveState, type Snapshot } from './live';

/** Starts a page's live connection and stops it when the page part that asked for it goes. */
export function useLive(options: LiveOptions, restartOn: string): { live: Live; state: LiveState } {
  // Only the named cause restarts it: the options are new objects at each drawing.
  const live = useMemo(() => new Live(options), [restartOn]);
  useEffect(() => {
    live.start();
    return () => live.stop();
  }, [live]);
  const state = useSyncExternalStore(live.subscribe, live.current);
  return { live, state };
}

export function topicData<T>(state: LiveState, topic: string): T | undefined {
  return state.topics[topic]?.data as T | undefined;
}

/** The center's time, drawn again every second or at the given step. */
export function useNow(offsetMs: number, everyMs = 1000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now + offsetMs;
}

/** For a page's fetchers: an answer that carries its version, or nothing published yet. */
export async function versioned<T extends object>(ask: Promise<(T & { version: number; at: string }) | undefined>): Promise<Snapshot> {
  const found = await ask;
  if (!found) throw new Unreachable();
  return { version: found.version, at: found.at, data: found };
}

export const unversioned = <T,>(data: T): Snapshot<T> => ({ version: 0, at: new Date().toISOString(), data });
