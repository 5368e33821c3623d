import { useEffect, useState } from 'react';
import type { CenterApi } from '../api/center';
import type { Ways } from '../api/types';

/** Behind the last key: one question for a word, not one for each letter. */
const AFTER_MS = 200;

export type Found = { at: 'none' } | { at: 'asking' } | { at: 'failed' } | { at: 'found'; ways: Ways; typed: string };

/** What the center finds for everyday words. While the next answer is on its way the one before stands. */
export function useWays(api: CenterApi, typed: string): Found {
  const [found, setFound] = useState<Found>({ at: 'none' });
  const wanted = typed.trim();
  useEffect(() => {
    if (!wanted) {
      setFound({ at: 'none' });
      return;
    }
    setFound((before) => (before.at === 'found' ? before : { at: 'asking' }));
    let stale = false;
    const timer = setTimeout(() => {
      api.ways(wanted).then(
        (ways) => !stale && setFound({ at: 'found', ways, typed: wanted }),
        () => !stale && setFound({ at: 'failed' }),
      );
    }, AFTER_MS);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [api, wanted]);
  return found;
}
