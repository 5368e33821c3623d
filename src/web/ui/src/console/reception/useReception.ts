/**
 * The draft at reception. It lives above the pages, so that looking at the queue or logging in again
 * loses nothing; it is kept in memory only, because it describes a person.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { CenterApi } from '../../api/center';
import { requestKey } from '../../api/client';
import type { CardNews, CardRead, Deadline, Dossier, Ticket } from '../../api/types';
import type { Desk } from '../context';
import type { Text } from '../text';
import { EMPTY, begunAt, givenTo, isEmpty, isOfAnother, isUntouched, withCard, type Draft, type TicketName } from './draft';
import { useLeaveGuard } from './useLeaveGuard';
import { refusedOnes, unsent, useScans } from './useScans';

export interface Saved {
  dossier: Dossier;
  deadline: Deadline;
  /** The number at the counter when it was saved, or else the one whose draft it was. */
  ticket: TicketName | null;
  ratingOpened: boolean;
  /** The job of its short slip, which prints by itself; a reprint has one of its own. */
  printJob: string | null;
}

interface Options {
  api: CenterApi;
  cardNews: CardNews | null;
  counter: number | null;
  /** The number that is called or served at the counter. */
  current: Ticket | null;
  onPage: boolean;
  tell: Desk['tell'];
  notify: Desk['notify'];
  t: Text;
  open: () => void;
  /** Opens a saved dossier over the page. */
  show: (dossier: Dossier) => void;
}

export function useReception({ api, cardNews, counter, current, onPage, tell, notify, t, open, show }: Options) {
  const [draft, putDraft] = useState<Draft>(EMPTY);
  const serving = current?.state === 'serving' ? current : null;
  const atCounter = useRef(current);
  atCounter.current = current;
  const setDraft = useCallback(
    (change: (before: Draft) => Draft) => putDraft((before) => begunAt(before, change(before), atCounter.current)),
    [],
  );
  const [saved, setSaved] = useState<Saved | null>(null);
  const scans = useScans(api, saved?.dossier.id);
  const { files, setFiles } = scans;
  const [otherCard, setOtherCard] = useState<CardRead | null>(null);
  /** One key a draft: saving again after a cut line gets the first answer. */
  const key = useRef(requestKey());

  const startOver = useCallback((next: Draft) => {
    key.current = requestKey();
    setSaved(null);
    setFiles([]);
    // A card that another person has put on the reader meanwhile is still theirs to use.
    putDraft(begunAt(EMPTY, next, atCounter.current));
  }, [setFiles]);

  const takeCard = useCallback(
    (read: CardRead) => {
      if (saved) startOver(withCard(EMPTY, read.card));
      else setDraft((before) => withCard(before, read.card));
      setOtherCard(null);
    },
    [saved, setDraft, startOver],
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
      setDraft((before) => withCard(before, card.card));
      setOtherCard(null);
      if (onPage) tell(t('cardArrived', { name }));
    } else {
      setOtherCard(card);
    }
    if (!onPage) tell(t('cardElsewhere', { name }), { label: t('openReception'), run: open });
  }, [card, draft, saved, setDraft, onPage, tell, t, open]);

  const clear = useCallback(() => {
    const before = { draft, files };
    startOver(EMPTY);
    if (!isEmpty(before.draft)) {
      tell(t('cleared'), {
        label: t('undo'),
        run: () => {
          putDraft(before.draft);
          setFiles(before.files);
        },
      });
    }
  }, [draft, files, setFiles, startOver, t, tell]);

  const ofAnother = saved === null && isOfAnother(draft, serving);
  /** The same person has a new number: what is typed goes on under it. */
  const keepFor = useCallback((ticket: TicketName) => putDraft((before) => givenTo(before, ticket)), []);

  const left = unsent(files).length;
  const refused = refusedOnes(files).length;
  /** Something would be lost with this page. */
  const unfinished = left > 0 || (saved === null && !isEmpty(draft));
  useLeaveGuard(unfinished);

  /** The saved dossier still stands here, and another person sits at the counter. */
  const savedOfAnother = saved !== null && serving !== null && saved.ticket?.id !== serving.id;
  const latestShow = useRef(show);
  latestShow.current = show;
  useEffect(() => {
    if (!saved || !savedOfAnother || left > 0) return;
    const { dossier } = saved;
    startOver(EMPTY);
    const action = { label: t('openSaved'), run: () => latestShow.current(dossier) };
    if (refused > 0) notify(t('savedAsideRefused', { code: dossier.code, count: refused }), action);
    else tell(t('savedAside', { code: dossier.code }), action);
  }, [saved, savedOfAnother, left, refused, startOver, tell, notify, t]);

  return { draft, setDraft, serving, ofAnother, keepFor, savedOfAnother, unfinished, scans, saved, setSaved, key, clear, startOver, otherCard, takeCard };
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
