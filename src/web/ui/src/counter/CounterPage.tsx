/** The screen over one counter: which it is, whom it calls or serves, or why it does not. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { centerApi, type CenterApi } from '../api/center';
import { createClient } from '../api/client';
import { takeIdentity } from '../api/device-token';
import type { Hall, HallCounter, Service } from '../api/types';
import { topicData, useLive, useNow, versioned } from '../live/useLive';
import { useReport } from '../live/useReport';
import { LoadingNotice, Notice, OfflineNotice } from '../shared/Notice';
import { TokenNotice } from '../shared/pairing/TokenNotice';
import { clock } from '../shared/format';
import { LanguageScope, useLang, type Lang } from '../text/text';
import { lastCall, named, shown, type Call } from './shown';
import { useText } from './text';

const COMMAND = 'motcua device token --role counter --counter 1';
const KEPT = 'motcua.counter.counter';

export function CounterPage() {
  const identity = useMemo(() => takeIdentity('counter'), []);
  const lang: Lang = new URLSearchParams(location.search).get('lang') === 'en' ? 'en' : 'vi';
  useEffect(() => {
    document.documentElement.lang = lang;
  }, [lang]);
  return (
    <LanguageScope lang={lang}>
      {identity.token ? <Registered token={identity.token} given={identity.counter} /> : <TokenNotice role="counter" command={COMMAND} />}
    </LanguageScope>
  );
}

function Registered({ token, given }: { token: string; given: number | undefined }) {
  const [number, setNumber] = useState(given);
  const api = useMemo(() => centerApi(createClient({ token: () => token })), [token]);
  const { state } = useLive({ topics: ['hall'], token, fetchers: { hall: () => versioned(api.hall()) } }, token);
  const now = useNow(state.offsetMs);
  const hall = topicData<Hall>(state, 'hall');
  const services = useServices(api, state.health === 'live');
  useReport(api, 'counter', state, { lasting: true });
  if (state.health === 'refused') return <TokenNotice role="counter" command={COMMAND} revoked wasIn={state.heardAt !== null && state.refusal?.status === 401} />;
  if (!hall) return state.health === 'offline' ? <OfflineNotice /> : <LoadingNotice />;

  const counter = hall.counters.find((one) => one.number === number);
  if (!counter) {
    const choose = (chosen: number) => {
      localStorage.setItem(KEPT, String(chosen));
      setNumber(chosen);
    };
    return <Choose counters={hall.counters} unknown={number} onChoose={choose} />;
  }
  const asOf = (state.heardAt ?? now) + state.offsetMs;
  return <AtCounter hall={hall} counter={counter} services={services} now={now} staleSince={state.health === 'live' ? null : asOf} />;
}

function Choose({
  counters,
  unknown,
  onChoose,
}: {
  counters: HallCounter[];
  /** What the address names, where no such counter is. */
  unknown: number | undefined;
  onChoose: (number: number) => void;
}) {
  const t = useText();
  return (
    <main className="notice-page">
      <Notice title={unknown === undefined ? t('chooseCounter') : t('unknownTitle', { number: unknown })}>
        {unknown === undefined ? null : <p>{t('unknownBody')}</p>}
        <div className="pick">
          {counters.map(({ number }) => (
            <button key={number} type="button" className="pick-key" onClick={() => onChoose(number)}>
              {t('counterNumber', { number })}
            </button>
          ))}
        </div>
      </Notice>
    </main>
  );
}

function AtCounter({
  hall,
  counter,
  services,
  now,
  staleSince,
}: {
  hall: Hall;
  counter: HallCounter;
  services: Service[];
  now: number;
  /** When the center was last heard, while it is not heard now. */
  staleSince: number | null;
}) {
  const t = useText();
  const lang = useLang();
  const stale = staleSince !== null;
  const { listed, more } = named(counter, services);
  return (
    <div className={stale ? 'counter is-stale' : 'counter'}>
      <header className="counter-head">
        <h1 className="where">
          <span>{t('counter')}</span> <strong>{counter.number}</strong>
        </h1>
        <p className="name">{counter.name}</p>
        <time className="clock">{clock(now)}</time>
      </header>
      <Board hall={hall} counter={counter} />
      <footer className={stale ? 'counter-foot stale' : 'counter-foot'}>
        {stale ? (
          <p role="alert">{t('stale', { time: clock(staleSince) })}</p>
        ) : (
          <ul className="services">
            {listed.map((service) => (
              <li key={service.code}>{lang === 'en' ? service.name_en : service.name_vi}</li>
            ))}
            {more > 0 ? <li>{t('moreServices', { count: more })}</li> : null}
          </ul>
        )}
      </footer>
    </div>
  );
}

function Board({ hall, counter }: { hall: Hall; counter: HallCounter }) {
  const t = useText();
  const known = useRef<Call | null>(null);
  const call = lastCall(hall, counter, known.current);
  useEffect(() => {
    known.current = call;
  });
  const board = shown(counter);
  if (board.what === 'calling' || board.what === 'serving') {
    const { label } = board;
    const calling = board.what === 'calling';
    return (
      // Another key makes it flash again: a recall of the same number is a new call.
      <main key={`${label} ${call?.at ?? ''}`} className={`board ${board.what}`} aria-live="assertive" aria-atomic="true">
        {calling ? <span className="hidden-text">{t('inviteSpoken', { label, counter: counter.number })}</span> : null}
        <p className="word" aria-hidden={calling}>
          {t(calling ? 'invite' : 'serving')}
        </p>
        <p className="label" aria-hidden={calling}>
          {label}
        </p>
      </main>
    );
  }
  const why = board.what === 'paused' && board.reason && board.reason !== 'other' ? t(`pause_${board.reason}`) : null;
  return (
    <main className={`board ${board.what}`} aria-live="polite">
      <p className="state">{t(board.what)}</p>
      {why ? <p className="why">{why}</p> : null}
      <p className="hint">{t(`${board.what}Hint`)}</p>
    </main>
  );
}

/** The groups' names. They change with the settings only, so they are read once a connection. */
function useServices(api: CenterApi, live: boolean): Service[] {
  const [services, setServices] = useState<Service[]>([]);
  useEffect(() => {
    if (!live) return;
    let stopped = false;
    // Without an answer the names that stand, or none: the number is what matters.
    api.services().then((found) => !stopped && setServices(found), () => undefined);
    return () => {
      stopped = true;
    };
  }, [api, live]);
  return services;
}
