/** Says what the hub decided about hand-overs, once, wherever the officer is. */
import { useEffect, useRef, useState } from 'react';
import type { CenterApi } from '../api/center';
import type { HandOverNews, HandOversSnapshot, Unit } from '../api/types';
import type { Desk } from './context';
import type { Text } from './text';
import { nameOf } from './units';

interface Says {
  t: Text;
  tell: Desk['tell'];
  notify: Desk['notify'];
  open: () => void;
}

/** A person must know of it, not only find it in a list. */
const AGAINST_THE_WISH: ReadonlySet<HandOverNews['what']> = new Set(['too_late', 'declined', 'no_box']);

/** What is newer than what was seen, oldest first. */
export function unseen(news: HandOverNews[], seen: ReadonlySet<string>): HandOverNews[] {
  return news.filter((one) => !seen.has(keyOf(one))).reverse();
}

export const keyOf = (one: HandOverNews) => `${one.dossier}|${one.what}|${one.at}`;

export function useHandOverNews(api: CenterApi, snapshot: HandOversSnapshot | undefined, says: Says) {
  const seen = useRef<Set<string> | null>(null);
  const [units, setUnits] = useState<Unit[]>([]);
  const latest = useRef(says);
  latest.current = says;
  const news = snapshot?.news;
  useEffect(() => {
    if (!news) return;
    if (seen.current === null) {
      // What was said before this page opened stands in the lists.
      seen.current = new Set(news.map(keyOf));
      return;
    }
    const fresh = unseen(news, seen.current);
    if (fresh.length === 0) return;
    seen.current = new Set(news.map(keyOf));
    const say = (known: Unit[]) => {
      const { t, tell, notify, open } = latest.current;
      for (const one of fresh) {
        // On its way as it was meant to be: the list says so.
        if (one.what === 'passed_on') continue;
        const text = t(`news_${one.what}`, { code: one.code, unit: nameOf(known, one.other) });
        if (AGAINST_THE_WISH.has(one.what) || one.what === 'offered') notify(text, { label: t('openHandOver'), run: open });
        else tell(text);
      }
    };
    if (units.length > 0) return say(units);
    api.units().then(
      (found) => {
        setUnits(found);
        say(found);
      },
      () => say([]),
    );
  }, [api, news, units]);
}
