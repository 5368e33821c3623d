import { useEffect, useMemo, useRef } from 'react';
import type { CenterApi } from '../api/center';
import { pageId, plainCode, Reporter, VERSION, wholeSeconds, type Facts } from './report';
import type { LiveState } from './live';

const TICK_MS = 1_000;

/** Lets a page tell the center how it is; `facts` beside its clock, which the live connection knows. */
export function useReport(api: CenterApi, surface: string, state: LiveState, facts: Omit<Facts, 'offset_ms'>): void {
  const page = useMemo(() => pageId(surface), [surface]);
  const reporter = useMemo(() => new Reporter((now) => api.reportSurface({ ...now, page, version: VERSION })), [api, page]);
  const latest = useRef({ state, facts });
  latest.current = { state, facts };
  useEffect(() => {
    const timer = setInterval(() => {
      const { state, facts } = latest.current;
      reporter.tick(Date.now(), state.health === 'live', { ...facts, error: plainCode(facts.error), offset_ms: wholeSeconds(state.offsetMs) });
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [reporter]);
}
