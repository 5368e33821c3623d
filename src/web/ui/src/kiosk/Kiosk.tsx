/** The citizen's way to a number: start, service, priority, number. */
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { centerApi, type CenterApi } from '../api/center';
import { createClient } from '../api/client';
import { takeIdentity } from '../api/device-token';
import type { Hall, PriorityGround, Service } from '../api/types';
import { topicData, useLive, useNow, versioned } from '../live/useLive';
import { useReport } from '../live/useReport';
import { LanguageScope, type Lang } from '../text/text';
import { LoadingNotice, Notice } from '../shared/Notice';
import { TokenNotice } from '../shared/pairing/TokenNotice';
import { capital, clock, longDate } from '../shared/format';
import { problemText } from '../shared/problem';
import { SERVICES_OF_A_TICKET_MAX } from '../shared/visit';
import { hasCardReader } from './card';
import { said } from './speech';
import { Grounds, Services, Start, whyClosed } from './Steps';
import { Result } from './Result';
import { useAloud } from './useAloud';
import { useIdle } from './useIdle';
import { useIssue, useLastRefusal } from './useIssue';
import { useScannedTicket } from './useScannedTicket';
import { useText } from './text';

/** Not needed for the first page: fetched behind it, so that it is there before anybody asks for it. */
const more = () => import('./more');
const Search = lazy(() => more().then(({ Search }) => ({ default: Search })));
const CardPad = lazy(() => more().then(({ CardPad }) => ({ default: CardPad })));
const CodePad = lazy(() => more().then(({ CodePad }) => ({ default: CodePad })));
const GivenBack = lazy(() => more().then(({ GivenBack }) => ({ default: GivenBack })));
const OwnTicket = lazy(() => more().then(({ OwnTicket }) => ({ default: OwnTicket })));
/** Above this many service groups the kiosk begins with the search instead of tiles. */
const TILES_MAX = 12;

const COMMAND = 'motcua device token --role kiosk';
const IDLE_S = 20;
const SERVICES_AT_MOST_EVERY_MS = 3_000;
/** Opening hours move without anything else moving in the hall. */
const SERVICES_AT_LEAST_EVERY_MS = 30_000;

/**
 * `before`: chosen already, when a further one is being chosen. `search`: by words, where there are tiles, too.
 * `chosen`: never empty, in the order of choosing.
 */
type Step = { at: 'start' } | { at: 'code' } | { at: 'card' } | { at: 'ticket'; code: string; nth: number } | { at: 'services'; before: Service[]; search?: boolean } | { at: 'priority'; chosen: Service[] };

export function Kiosk() {
  const [lang, setLang] = useState<Lang>('vi');
  const identity = useMemo(() => takeIdentity('kiosk'), []);
  useEffect(() => {
    document.documentElement.lang = lang;
  }, [lang]);
  useEffect(() => {
    // Without an answer it is fetched when it is needed.
    more().catch(() => undefined);
  }, []);
  return (
    <LanguageScope lang={lang}>
      {identity.token ? <Registered token={identity.token} lang={lang} setLang={setLang} /> : <TokenNotice role="kiosk" command={COMMAND} />}
    </LanguageScope>
  );
}

function Registered({ token, lang, setLang }: { token: string; lang: Lang; setLang: (lang: Lang) => void }) {
  const t = useText();
  const api = useMemo(() => centerApi(createClient({ token: () => token })), [token]);
  const { state } = useLive(
    {
      topics: ['hall'],
      token,
      fetchers: { hall: () => versioned(api.hall()) },
    },
    token,
  );
  const hall = topicData<Hall>(state, 'hall');
  const { services, grounds } = useOffer(api, state.health === 'live', state.topics['hall']?.version);
  const [step, setStep] = useState<Step>({ at: 'start' });
  const { issue, take, sendAgain, reprint, giveBack, forget } = useIssue(api);
  useReport(api, 'kiosk', state, { lasting: true, error: useLastRefusal(issue) });
  const [large, setLarge] = useState(false);
  const [contrast, setContrast] = useState(false);
  const [aloud, setAloud] = useState(false);
  // The card of who stands here, in this page's memory until the number is sent or they have gone.
  const [card, setCard] = useState<string | null>(null);
  const withReader = useMemo(() => hasCardReader(location.search), []);
  const now = useNow(state.offsetMs, 5_000);

  useEffect(() => {
    document.documentElement.classList.toggle('large', large);
    document.documentElement.classList.toggle('contrast', contrast);
  }, [large, contrast]);

  const reset = useCallback(() => {
    forget();
    setStep({ at: 'start' });
    setLarge(false);
    setContrast(false);
    setAloud(false);
    setCard(null);
    setLang('vi');
  }, [forget, setLang]);

  const waitsForMachine = issue.at === 'issuing' || (issue.at === 'issued' && issue.slip === 'printing');
  const atStart = step.at === 'start' && issue.at === 'none';
  // What one citizen switched on is nothing for the next one, also where they went no further than the first page.
  const changed = aloud || large || contrast || card !== null || lang !== 'vi';
  const left = useIdle((!atStart || changed) && !waitsForMachine, IDLE_S, issue.at + step.at, reset);

  const away = state.health === 'offline' || state.health === 'stale' || (state.health === 'live' && services === null);
  // Where nothing gives a number, the first sentence is everybody's.
  const closed = services && services.length > 0 && services.every((service) => whyClosed(service)) ? services[0]?.closed : null;
  // The same of each service: whether anybody is at the counters.
  const calledFrom = away ? null : services?.[0]?.called_from;
  const many = (services?.length ?? 0) > TILES_MAX;
  const searching = step.at === 'services' && (many || step.search === true);
  const heard = step.at === 'ticket' ? null : said({ issue, away, closed: Boolean(closed), step: searching ? 'search' : step.at });
  const nothingToHear = useAloud(api, token, aloud, heard);
  const mayScan = issue.at === 'none' && (step.at === 'start' || step.at === 'code' || step.at === 'ticket');
  // The same paper once more is asked for anew: the line has moved on.
  useScannedTicket(mayScan, (code) => setStep((before) => ({ at: 'ticket', code, nth: before.at === 'ticket' ? before.nth + 1 : 0 })));

  if (state.health === 'refused') return <TokenNotice role="kiosk" command={COMMAND} revoked wasIn={state.heardAt !== null && state.refusal?.status === 401} />;
  if (state.health === 'connecting' && !services) return <LoadingNotice />;

  const choose = (service: Service, before: Service[]) => {
    const chosen = [...before, service];
    if (grounds.length > 0) setStep({ at: 'priority', chosen });
    else send(chosen, null);
  };
  const send = ([first, ...next]: Service[], ground: string | null) => {
    if (!first) return;
    take({ service: first.code, next: next.map((one) => one.code), ...(ground ? { ground } : {}), ...(card ? { card } : {}) });
  };
  const back = () => {
    if (step.at === 'priority') setStep({ at: 'services', before: step.chosen.slice(0, -1) });
    else if (step.at === 'services' && step.search && !many) setStep({ at: 'services', before: step.before });
    else if (step.at === 'services' && step.before.length > 0) setStep({ at: 'priority', chosen: step.before });
    else setStep({ at: 'start' });
  };

  let content;
  if (issue.at === 'issued') {
    content = (
      <Result
        issue={issue}
        services={services ?? []}
        left={left}
        onReprint={() => void reprint()}
        onGiveBack={() => void giveBack()}
        onDone={reset}
      />
    );
  } else if (issue.at === 'given_back') {
    content = <GivenBack issue={issue} onDone={reset} />;
  } else if (issue.at === 'issuing') {
    content = (
      <div className="middle" role="status">
        <span className="spinner big" aria-hidden="true" />
        <h1 className="lead">{t('issuing')}</h1>
      </div>
    );
  } else if (issue.at === 'unsent' || issue.at === 'refused') {
    content = (
      <Notice
        title={t('refusedTitle')}
        action={
          <div className="actions">
            {issue.at === 'unsent' ? (
              <button type="button" className="key primary" onClick={sendAgain}>
                {t('retry')}
              </button>
            ) : null}
            <button type="button" className="key" onClick={reset}>
              {t('toStart')}
            </button>
          </div>
        }
      >
        <p>{issue.at === 'unsent' ? t('notSent') : problemText(issue.problem, lang, t)}</p>
      </Notice>
    );
  } else if (away) {
    content = (
      <Notice title={t('offlineTitle')}>
        <p>{t('offlineBody')}</p>
      </Notice>
    );
  } else if (step.at === 'ticket') {
    content = <OwnTicket key={`${step.code} ${step.nth}`} api={api} code={step.code} left={left} onDone={reset} />;
  } else if (closed && step.at !== 'code') {
    content = (
      <Notice
        title={t('closedTitle')}
        action={
          <button type="button" className="key" onClick={() => setStep({ at: 'code' })}>
            {t('haveBooking')}
          </button>
        }
      >
        <p>{lang === 'vi' ? closed.sentence : closed.sentence_en}</p>
      </Notice>
    );
  } else if (step.at === 'start') {
    content = (
      <Start
        onStart={() => setStep({ at: 'services', before: [] })}
        onBooking={() => setStep({ at: 'code' })}
        onCard={withReader ? () => setStep({ at: 'card' }) : null}
      />
    );
  } else if (step.at === 'code') {
    content = <CodePad onCode={(booking) => take({ booking })} />;
  } else if (step.at === 'card') {
    content = (
      <CardPad
        onCard={(line) => {
          setCard(line);
          setStep({ at: 'services', before: [] });
        }}
      />
    );
  } else if (step.at === 'services') {
    content =
      services && services.length > 0 && searching ? (
        <Search api={api} services={services} before={step.before} onChoose={(service) => choose(service, step.before)} />
      ) : services && services.length > 0 ? (
        <Services
          services={services}
          before={step.before}
          onChoose={(service) => choose(service, step.before)}
          onSearch={() => setStep({ at: 'services', before: step.before, search: true })}
        />
      ) : (
        <Notice title={t('emptyTitle')}>
          <p>{t('emptyBody')}</p>
        </Notice>
      );
  } else {
    content = (
      <Grounds
        chosen={step.chosen}
        grounds={grounds}
        onMore={
          step.chosen.length < Math.min(SERVICES_OF_A_TICKET_MAX, services?.length ?? 0)
            ? () => setStep({ at: 'services', before: step.chosen })
            : null
        }
        onChoose={(ground) => send(step.chosen, ground)}
      />
    );
  }

  return (
    <div className="kiosk">
      <header className="kiosk-head">
        <span className="unit">{hall?.unit_name ?? ''}</span>
        <span className="when">
          <span>{capital(longDate(now, lang))}</span>
          <strong>{clock(now)}</strong>
        </span>
      </header>
      <main className="kiosk-main">
        {calledFrom ? <p className="hint lead">{lang === 'vi' ? calledFrom.sentence : calledFrom.sentence_en}</p> : null}
        <Suspense fallback={<LoadingNotice />}>{content}</Suspense>
      </main>
      {card && issue.at === 'none' ? (
        <p className="kiosk-card" role="status">
          <span>{t('cardRead')}</span>
          <button type="button" className="key quiet" onClick={() => setCard(null)}>
            {t('cardForget')}
          </button>
        </p>
      ) : null}
      {aloud && nothingToHear ? (
        <p className="kiosk-silent" role="status">
          {t('nothingToHear')}
        </p>
      ) : null}
      <footer className="kiosk-foot">
        {step.at !== 'start' && issue.at === 'none' ? (
          <button type="button" className="key quiet" onClick={back}>
            {t('back')}
          </button>
        ) : (
          <span />
        )}
        <div className="kiosk-aids">
          <button type="button" className="key quiet" aria-pressed={aloud} onClick={() => setAloud(!aloud)}>
            {t('readAloud')}
          </button>
          <button type="button" className="key quiet" aria-pressed={large} onClick={() => setLarge(!large)}>
            {t('largeText')}
          </button>
          <button type="button" className="key quiet" aria-pressed={contrast} onClick={() => setContrast(!contrast)}>
            {t('contrast')}
          </button>
          <button
            type="button"
            className="key quiet"
            lang={lang === 'vi' ? 'en' : 'vi'}
            onClick={() => setLang(lang === 'vi' ? 'en' : 'vi')}
          >
            {t('switchLanguage')}
          </button>
        </div>
      </footer>
    </div>
  );
}

/** What can be chosen. Read again when the hall moves, so that the waiting counts stay true. */
function useOffer(api: CenterApi, live: boolean, version: number | undefined) {
  const [services, setServices] = useState<Service[] | null | undefined>(undefined);
  const [grounds, setGrounds] = useState<PriorityGround[]>([]);
  const [step, setStep] = useState(0);
  useEffect(() => {
    if (!live) return;
    let stopped = false;
    api.services().then(
      (found) => !stopped && setServices(found),
      () => {
        // Without an answer an earlier list still stands; without any the page says so.
        if (!stopped) setServices((before) => before ?? null);
      },
    );
    return () => {
      stopped = true;
    };
  }, [api, live, step]);
  useEffect(() => {
    if (!live) return;
    api.priorityGrounds().then(setGrounds, () => undefined);
  }, [api, live]);
  useEffect(() => {
    const timer = setInterval(() => setStep((n) => n + 1), SERVICES_AT_LEAST_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  // Waits out the burst of a busy minute, then asks once.
  useEffect(() => {
    if (version === undefined) return;
    const timer = setTimeout(() => setStep((n) => n + 1), SERVICES_AT_MOST_EVERY_MS);
    return () => clearTimeout(timer);
  }, [version]);
  return { services, grounds };
}
