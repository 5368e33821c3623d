/** The frame of the console: head, menu, current number, banners, and the page that was chosen. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { CenterApi } from '../api/center';
import { Refused } from '../api/client';
import type { CardNews, Clock, DevicesSnapshot, Dossier, HandOversSnapshot, MessagesSnapshot, Officer, QueueSnapshot, Service, Uplink } from '../api/types';
import { topicData, unversioned, useLive, useNow, versioned } from '../live/useLive';
import { capital, clock, longDate } from '../shared/format';
import { problemText } from '../shared/problem';
import { useLang } from '../text/text';
import { ClockBanner } from './ClockBanner';
import { ChooseCounter, CounterMenu } from './Counter';
import { DeskScope, type Desk, type Toast } from './context';
import { DevicesPage } from './DevicesPage';
import { DossierDialog } from './DossierDialog';
import { FiguresPage } from './figures/FiguresPage';
import { HandOverPage } from './HandOverPage';
import { LogoutDialog } from './LogoutDialog';
import { MessageBanner, MessagesPage } from './Messages';
import { PolicyPage } from './policy/PolicyPage';
import { Unserved } from './policy/Unserved';
import { QueuePage } from './QueuePage';
import { RatingsPage } from './RatingsPage';
import { ReceptionPage } from './reception/ReceptionPage';
import { useReception } from './reception/useReception';
import { ReturnPage } from './ReturnPage';
import { TicketBar } from './TicketBar';
import { useHandOverNews } from './useHandOverNews';
import { useTroubledSurfaces } from './SurfacesCard';
import { Toasts } from './Toasts';
import { useQueue } from './useQueue';
import { useText, type Text } from './text';

const COUNTER = 'motcua.counter.console';
const TOAST_MS = 7_000;
const PAGES = ['queue', 'reception', 'return', 'hand-over', 'devices', 'messages', 'figures', 'policy', 'ratings'] as const;
const FOR_THE_HEAD: readonly string[] = ['figures', 'policy', 'ratings'];
type Page = (typeof PAGES)[number];

/** What tells one center from another: they all begin with the same words. */
const shortPlace = (name: string) => capital(name.replace(/^Trung tâm Phục vụ hành chính công\s+/i, ''));

const pageOf = (hash: string): Page => PAGES.find((page) => hash === `#${page}`) ?? 'queue';

export function Shell({
  api,
  place,
  officer,
  epoch,
  onLogout,
  onLanguage,
}: {
  api: CenterApi;
  place: string;
  officer: Officer;
  epoch: number;
  onLogout: () => void;
  onLanguage: () => void;
}) {
  const t = useText();
  const lang = useLang();
  const [wished, setPage] = usePage();
  // The center gives its figures to the head alone.
  const seesFigures = officer.role !== 'officer';
  const page = FOR_THE_HEAD.includes(wished) && !seesFigures ? 'queue' : wished;
  const [counterNumber, setCounterNumber] = useState<number | null>(() => {
    const kept = Number(localStorage.getItem(COUNTER));
    return Number.isInteger(kept) && kept > 0 ? kept : null;
  });
  const chooseCounter = useCallback((number: number | null) => {
    if (number === null) localStorage.removeItem(COUNTER);
    else localStorage.setItem(COUNTER, String(number));
    setCounterNumber(number);
  }, []);

  const cardTopic = counterNumber === null ? null : `card:${counterNumber}`;
  const { live, state } = useLive(
    {
      topics: ['queue', 'devices', 'messages', 'uplink', 'hand-overs', 'clock', ...(cardTopic ? [cardTopic] : [])],
      fetchers: {
        queue: async () => {
          const [{ tickets }, counters] = await Promise.all([api.tickets(), api.counters()]);
          return unversioned({ tickets, counters });
        },
        messages: () => api.messages().then((messages) => unversioned({ messages })),
        uplink: () => versioned(api.uplink()),
        clock: () => api.clock().then(unversioned),
        devices: () => api.devices().then((devices) => unversioned({ devices, print_jobs_waiting: 0 })),
        ...(cardTopic && counterNumber !== null
          ? { [cardTopic]: () => api.card(counterNumber).then((card) => unversioned(card ? { read_at: card.read_at, problem: null } : null)) }
          : {}),
      },
    },
    `${counterNumber}`,
  );
  // A new login has a new cookie, and a socket that was turned away should not wait for its turn.
  const firstEpoch = useRef(epoch);
  useEffect(() => {
    if (epoch !== firstEpoch.current) live.reconnect();
  }, [epoch, live]);

  const now = useNow(state.offsetMs, 5_000);
  const { queue, absorb: keep } = useQueue(topicData<QueueSnapshot>(state, 'queue'));
  const services = useServices(api, queue, epoch);
  const { toasts, tell, fail, notify, drop, calm } = useToasts(t);
  const absorb = useCallback<Desk['absorb']>(
    (answer) => {
      keep(answer);
      calm();
    },
    [keep, calm],
  );
  const counter = queue?.counters.find((one) => one.number === counterNumber) ?? null;
  const current = counter?.current ? (queue?.tickets.find((ticket) => ticket.id === counter.current) ?? null) : null;

  const screensTroubled = useTroubledSurfaces(api, epoch, now);
  const handOvers = topicData<HandOversSnapshot>(state, 'hand-overs');
  const { incoming, recount } = useIncoming(api, epoch, now, handOvers?.moved_at);
  useHandOverNews(api, handOvers, { t, tell, notify, open: () => setPage('hand-over') });
  const desk = useMemo<Desk>(
    () => ({ api, officer, live: state, now, epoch, counter, queue, services, current, absorb, chooseCounter, recount, tell, fail, notify }),
    [api, officer, state, now, epoch, counter, queue, services, current, absorb, chooseCounter, recount, tell, fail, notify],
  );
  const cardNews = cardTopic ? (topicData<CardNews | null>(state, cardTopic) ?? null) : null;
  // A card is shown only where the officer sits; whoever may act at every counter sees each.
  const mine = counter && (officer.role !== 'officer' || (counter.state !== 'closed' && counter.officer === officer.id));
  const [shown, setShown] = useState<Dossier | null>(null);
  const reception = useReception({
    api,
    cardNews,
    counter: mine ? counter.number : null,
    current,
    onPage: page === 'reception',
    tell,
    notify,
    t,
    open: () => setPage('reception'),
    show: setShown,
  });
  const [leaving, setLeaving] = useState(false);
  const openHere = queue?.counters.filter((one) => one.state !== 'closed' && one.officer === officer.id) ?? [];
  const messages = topicData<MessagesSnapshot>(state, 'messages')?.messages ?? [];
  const unread = messages.filter((message) => !message.readers.includes(officer.id));

  const centerIsAway = state.health === 'stale' || state.health === 'offline';

  const label: Record<Page, string> = {
    queue: t('navQueue'),
    reception: t('navReception'),
    return: t('navReturn'),
    'hand-over': t('navHandOver'),
    devices: t('navDevices'),
    messages: t('navMessages'),
    figures: t('navFigures'),
    policy: t('navPolicy'),
    ratings: t('navRatings'),
  };
  const waiting = queue && counter ? queue.tickets.filter((one) => one.state === 'waiting' && counter.services.includes(one.service)).length : 0;
  const troubled = (topicData<DevicesSnapshot>(state, 'devices')?.devices ?? []).filter((device) => device.state !== 'online').length;
  const count: Partial<Record<Page, number>> = { queue: waiting, 'hand-over': incoming, devices: troubled + screensTroubled, messages: unread.length };

  return (
    <DeskScope value={desk}>
      <div className="console">
        <header className="head">
          <h1 className="brand">
            {t('title')}
            {place ? (
              <small className="place" title={place}>
                {shortPlace(place)}
              </small>
            ) : null}
          </h1>
          {counter ? <CounterMenu counter={counter} onChange={() => setPage('queue')} /> : <span />}
          <span className="fill" />
          <span className="who">{officer.name}</span>
          <a className="head-button" href="/help" target="_blank" rel="noreferrer">
            {t('help')}
          </a>
          <button type="button" className="head-button" onClick={onLanguage} lang={lang === 'vi' ? 'en' : 'vi'}>
            {t('switchLanguage')}
          </button>
          <button type="button" className="head-button" onClick={() => (openHere.length > 0 ? setLeaving(true) : onLogout())}>
            {t('logout')}
          </button>
        </header>
        <nav className="menu" aria-label={t('menu')}>
          <ul>
            {PAGES.filter((one) => seesFigures || !FOR_THE_HEAD.includes(one)).map((one) => (
              <li key={one}>
                <a href={`#${one}`} aria-current={page === one ? 'page' : undefined}>
                  <span>{label[one]}</span>
                  {count[one] ? <span className="count">{count[one]}</span> : null}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <main className="work">
          {centerIsAway ? (
            <p className="banner warn" role="alert">
              {t('stalePage', { time: clock((state.heardAt ?? now) + state.offsetMs) })}
            </p>
          ) : null}
          <ClockBanner state={topicData<Clock>(state, 'clock')} />
          {page !== 'messages' ? <MessageBanner messages={unread} /> : null}
          {page === 'queue' ? <Unserved /> : null}
          {counter && page !== 'queue' ? <TicketBar compact /> : null}
          {page === 'queue' ? counter ? <QueuePage /> : <ChooseCounter /> : null}
          {page === 'reception' ? counter ? <ReceptionPage reception={reception} /> : <ChooseCounter /> : null}
          {page === 'return' ? <ReturnPage /> : null}
          {page === 'hand-over' ? <HandOverPage /> : null}
          {page === 'devices' ? <DevicesPage /> : null}
          {page === 'ratings' ? <RatingsPage /> : null}
          {page === 'messages' ? <MessagesPage messages={messages} officer={officer.id} /> : null}
          {page === 'figures' ? <FiguresPage /> : null}
          {page === 'policy' ? <PolicyPage /> : null}
        </main>
        <footer className="foot">
          <UplinkLine uplink={topicData<Uplink>(state, 'uplink')} away={centerIsAway} t={t} />
          <span>
            {capital(longDate(now, lang))}, <strong>{clock(now)}</strong>
          </span>
        </footer>
        <Toasts toasts={toasts} onDrop={drop} />
        {shown ? <DossierDialog id={shown.id} code={shown.code} onClose={() => setShown(null)} /> : null}
        {leaving ? <LogoutDialog counters={openHere} unfinished={reception.unfinished} onLogout={onLogout} onClose={() => setLeaving(false)} /> : null}
      </div>
    </DeskScope>
  );
}

/** What is known of the way to the province; nothing, while the center itself does not answer. */
function UplinkLine({ uplink, away, t }: { uplink: Uplink | undefined; away: boolean; t: Text }) {
  if (!uplink) return <span />;
  if (away) return <span className="uplink cut">{t('provinceUnknown')}</span>;
  const waiting = uplink.entries_waiting + uplink.blobs_waiting;
  const cut = uplink.state === 'offline' || uplink.state === 'frozen' || uplink.state === 'not_enrolled';
  const said =
    uplink.state === 'not_enrolled'
      ? t('notEnrolled')
      : uplink.state === 'frozen'
        ? t('frozen', { count: waiting })
        : cut
          ? t('cutOff', { count: waiting })
          : waiting > 0
            ? t('sendingOn', { count: waiting })
            : t('inStep');
  return (
    <span className={cut ? 'uplink cut' : 'uplink'} role="status">
      {said}
    </span>
  );
}

/** The snapshot may carry the services; where it does not, they are read once. */
function useServices(api: CenterApi, queue: QueueSnapshot | null, epoch: number): Service[] {
  const [read, setRead] = useState<Service[]>([]);
  const carried = queue?.services;
  const missing = queue !== null && !carried;
  useEffect(() => {
    if (missing) api.services().then(setRead, () => undefined);
  }, [api, missing, epoch]);
  return carried ?? read;
}

const INCOMING_EVERY_MS = 30_000;

/** Dossiers that another unit offers: counted anew when one moves, and from time to time. */
function useIncoming(api: CenterApi, epoch: number, now: number, moved: string | undefined) {
  const [total, setTotal] = useState(0);
  const [asked, setAsked] = useState(0);
  const recount = useCallback(() => setAsked((n) => n + 1), []);
  const turn = Math.floor(now / INCOMING_EVERY_MS);
  useEffect(() => {
    api.dossiers('incoming', '', 0).then(
      (page) => setTotal(page.total),
      () => undefined,
    );
  }, [api, epoch, turn, asked, moved]);
  return { incoming: total, recount };
}

function usePage(): [Page, (page: Page) => void] {
  const [shown, setShown] = useState<Page>(() => pageOf(location.hash));
  useEffect(() => {
    const changed = () => setShown(pageOf(location.hash));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return [shown, (next) => (location.hash = next)];
}

function useToasts(text: Text) {
  const lang = useLang();
  const [list, setList] = useState<Toast[]>([]);
  const next = useRef(1);
  // What was said is a sentence of the language before.
  useEffect(() => setList([]), [lang]);
  const dropOne = useCallback((id: number) => setList((before) => before.filter((toast) => toast.id !== id)), []);
  const add = useCallback(
    (toast: Omit<Toast, 'id'>) => {
      const id = next.current;
      next.current += 1;
      // A way back leads to the last thing only.
      setList((before) => [...withoutProblems(before).filter((one) => !one.action).slice(-2), { ...toast, id }]);
      setTimeout(() => dropOne(id), toast.kind === 'done' ? TOAST_MS : TOAST_MS * 2);
    },
    [dropOne],
  );
  /** What went on since makes an earlier refusal untrue. */
  const calm = useCallback(() => setList(withoutProblems), []);
  const tellIt = useCallback(
    (said: string, action?: Toast['action']) => add(action ? { text: said, kind: 'done', action } : { text: said, kind: 'done' }),
    [add],
  );
  const failIt = useCallback(
    (problem: unknown) => {
      // An ended session has its own window, which says more.
      if (problem instanceof Refused && problem.status === 401) return;
      add({ text: problemText(problem, lang, text), kind: 'problem' });
    },
    [add, lang, text],
  );
  const notifyIt = useCallback(
    (said: string, action?: Toast['action']) => add(action ? { text: said, kind: 'notice', action } : { text: said, kind: 'notice' }),
    [add],
  );
  return { toasts: list, tell: tellIt, fail: failIt, notify: notifyIt, drop: dropOne, calm };
}

const withoutProblems = (toasts: Toast[]) => toasts.filter((toast) => toast.kind !== 'problem');
