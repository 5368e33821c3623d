/**
 * The draft at reception. It lives above the pages, so that looking at the queue or logging in again
 * loses nothing; it is kept in memory only, because it describes a person.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { CenterApi } from '../../api/center';
import { newKey } from '../../api/client';
import type { CardNews, CardRead, Deadline, Dossier } from '../../api/types';
import type { Text } from '../text';
import { EMPTY, isEmpty, isUntouched, withCard, type Draft } from './draft';
import { useScans } from './useScans';

export interface Saved {
  dossier: Dossier;
  deadline: Deadline;
  ratingOpened: boolean;
  /** The job of its short slip, which prints by itself; a reprint has one of its own. */
  printJob: string | null;
}

interface Options {
  api: CenterApi;
  cardNews: CardNews | null;
  counter: number | null;
  onPage: boolean;
  tell: (text: string, action?: { label: string; run: () => void }) => void;
  t: Text;
  open: () => void;
}

export function useReception({ api, cardNews, counter, onPage, tell, t, open }: Options) {
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [saved, setSaved] = useState<Saved | null>(null);
  const scans = useScans(api, saved?.dossier.id);
  const { files, setFiles } = scans;
  const [otherCard, setOtherCard] = useState<CardRead | null>(null);
  /** One key a draft: saving again after a cut line gets the first answer. */
  const key = useRef(newKey());

  const startOver = useCallback((next: Draft) => {
    key.current = newKey();
    setSaved(null);
    setFiles([]);
    // A card that another person has put on the reader meanwhile is still theirs to use.
    setDraft(next);
  }, [setFiles]);

  const takeCard = useCallback(
    (read: CardRead) => {
      if (saved) startOver(withCard(EMPTY, read.card));
      else setDraft((before) => withCard(before, read.card));
      setOtherCard(null);
    },
    [saved, startOver],
  );

  const card = useCard(api, counter, cardNews);
  const problem = cardNews?.problem ? cardNews.read_at : null;
  useEffect(() => {
    if (problem) tell(t('cardProblem'));
  }, [problem, tell, t]);
  const seen = useRef<string | null>(null);
  useEffect(() => {
    if (!card || seen.current === card.read_at) return;
    seen.current = card.read_at;
    const { name, number } = card.card;
    if (!saved && (isUntouched(draft) || draft.number === number)) {
      setDraft(withCard(draft, card.card));
      setOtherCard(null);
      if (onPage) tell(t('cardArrived', { name }));
    } else {
      setOtherCard(card);
    }
    if (!onPage) tell(t('cardElsewhere', { name }), { label: t('openReception'), run: open });
  }, [card, draft, saved, onPage, tell, t, open]);

  const clear = useCallback(() => {
    const before = { draft, files };
    startOver(EMPTY);
    if (!isEmpty(before.draft)) {
      tell(t('cleared'), {
        label: t('undo'),
        run: () => {
          setDraft(before.draft);
          setFiles(before.files);
        },
      });
    }
  }, [draft, files, setFiles, startOver, t, tell]);

  return { draft, setDraft, scans, saved, setSaved, key, clear, startOver, otherCard, takeCard };
}

export type Reception = ReturnType<typeof useReception>;

/** The live topic tells only that a card was read; whose it is, is asked for by the officer's own session. */
function useCard(api: CenterApi, counter: number | null, news: CardNews | null): CardRead | null {
  const [card, setCard] = useState<CardRead | null>(null);
  const readAt = news && !news.problem ? news.read_at : null;
  useEffect(() => {
    if (counter === null || readAt === null) return;
    let stopped = false;
    api.card(counter).then(
      (found) => !stopped && found && setCard(found),
      // The reader still has it for two minutes; the officer can put the card again.
      () => undefined,
    );
    return () => {
      stopped = true;
    };
  }, [api, counter, readAt]);
  return card;
}
