import { useEffect, useMemo, useState } from 'react';
import type { CenterApi } from '../api/center';
import { clipPlayer } from '../shared/clips';
import { Reader, type Said } from './speech';

/** Reads the present step aloud while it is switched on; gives whether there is nothing to be heard. */
export function useAloud(api: CenterApi, token: string, on: boolean, what: Said | null): boolean {
  const reader = useMemo(() => {
    const { play, keep } = clipPlayer(token);
    return new Reader(async ({ step, label }) => (await api.speech(step, label)).clips, play, keep);
  }, [api, token]);
  const [missing, setMissing] = useState(false);
  const step = on ? what?.step : undefined;
  const label = what?.label ?? null;
  useEffect(() => {
    if (on) void reader.prepare();
  }, [reader, on]);
  useEffect(() => {
    setMissing(false);
    if (!step) return;
    let left = false;
    void reader.read({ step, label }).then((ended) => {
      if (!left) setMissing(ended === 'missing');
    });
    return () => {
      left = true;
      reader.hush();
    };
  }, [reader, step, label]);
  return missing;
}
