/** The screen over the counters: who is called where, who was called, who is next. */
import { useEffect, useMemo, useSyncExternalStore, type CSSProperties } from 'react';
import { centerApi } from '../api/center';
import { createClient } from '../api/client';
import { takeIdentity } from '../api/device-token';
import type { Hall, HallCall, HallCounter, HallNow } from '../api/types';
import { topicData, useLive, useNow, versioned } from '../live/useLive';
import { useReport } from '../live/useReport';
import { clipPlayer } from '../shared/clips';
import { LoadingNotice, OfflineNotice } from '../shared/Notice';
import { TokenNotice } from '../shared/pairing/TokenNotice';
import { capital, clock, longDate } from '../shared/format';
import { LanguageScope, useLang, type Lang } from '../text/text';
import { besides, large } from './large';
import { layout, pageAt } from './layout';
import { useText } from './text';
import { Waits } from './Waits';
import { Voice } from './voice';

const COMMAND = 'motcua device token --role hall';
const NEXT_SHOWN = 6;
const CALLS_SHOWN = 3;

export function HallPage() {
  const identity = useMemo(() => takeIdentity('hall'), []);
  const lang: Lang = new URLSearchParams(location.search).get('lang') === 'en' ? 'en' : 'vi';
  useEffect(() => {
    document.documentElement.lang = lang;
  }, [lang]);
  return (
    <LanguageScope lang={lang}>
      {identity.token ? <Registered token={identity.token} /> : <TokenNotice role="hall" command={COMMAND} />}
    </LanguageScope>
  );
}

function Registered({ token }: { token: string }) {
  const t = useText();
  const lang = useLang();
  const api = useMemo(() => centerApi(createClient({ token: () => token })), [token]);
  const { state } = useLive(
    {
      topics: ['hall'],
      token,
      fetchers: { hall: () => versioned(api.hall()) },
    },
    token,
  );
  const now = useNow(state.offsetMs);
  const hall = topicData<Hall>(state, 'hall');
  const soundBlocked = useVoice(token, state.health === 'live' ? hall?.now : null, state.offsetMs);
  useReport(api, 'hall', state, { lasting: true, sound_blocked: soundBlocked });
  if (state.health === 'refused') return <TokenNotice role="hall" command={COMMAND} revoked wasIn={state.heardAt !== null && state.refusal?.status === 401} />;
  if (!hall) return state.health === 'offline' ? <OfflineNotice /> : <LoadingNotice />;

  const stale = state.health !== 'live';
  const asOf = (state.heardAt ?? now) + state.offsetMs;
  return (
    <div className={stale ? 'hall is-stale' : 'hall'}>
      <header className="hall-head">
        <h1 className="unit">{hall.unit_name}</h1>
        <p className="when">
          <span>{capital(longDate(now, lang))}</span>
          <time className="clock">{clock(now)}</time>
        </p>
      </header>
      <main className="hall-main">
        <Now hall={hall} />
        <Counters counters={hall.counters} now={now} />
        <aside className="hall-side">
          <Before hall={hall} />
          <section className="panel">
            <h2>{t('next')}</h2>
            {hall.next.length === 0 ? (
              <p className="quiet">{t('nobodyWaiting')}</p>
            ) : (
              <ul className="next">
                {hall.next.slice(0, NEXT_SHOWN).map((label) => (
                  <li key={label} className="label">
                    {label}
                  </li>
                ))}
              </ul>
            )}
          </section>
        </aside>
      </main>
      <footer className={stale ? 'hall-foot stale' : 'hall-foot'}>
        <div className="foot-line">
          <p role={stale ? 'alert' : undefined}>{stale ? t('stale', { time: clock(asOf) }) : t('goWhenCalled')}</p>
          {stale ? null : <Waits waits={hall.waits ?? []} />}
        </div>
        {soundBlocked && !stale ? (
          <p className="hall-sound" role="alert">
            {t('soundBlocked')}
          </p>
        ) : null}
      </footer>
    </div>
  );
}

/** Says the calls, unless the page was opened with `?sound=off`; gives whether the browser wants a touch first. */
function useVoice(token: string, now: HallNow | null | undefined, offsetMs: number): boolean {
  const voice = useMemo(() => new Voice(clipPlayer(token).play), [token]);
  const silent = useMemo(() => new URLSearchParams(location.search).get('sound') === 'off', []);
  useEffect(() => {
    if (!silent) void voice.ask();
  }, [voice, silent]);
  useEffect(() => {
    if (now && !silent) voice.hear(now, Date.now() + offsetMs);
  }, [voice, silent, now, offsetMs]);
  useEffect(() => {
    const touched = () => voice.touched();
    addEventListener('pointerdown', touched);
    addEventListener('keydown', touched);
    return () => {
      removeEventListener('pointerdown', touched);
      removeEventListener('keydown', touched);
    };
  }, [voice]);
  return useSyncExternalStore(voice.subscribe, voice.blocked);
}

/** The first number of the day stands large: beside it «none yet» would deny what everybody sees. */
function Before({ hall }: { hall: Hall }) {
  const t = useText();
  const calls = before(hall);
  if (calls.length === 0 && large(hall)) return null;
  return (
    <section className="panel">
      <h2>{t('calledBefore')}</h2>
      {calls.length === 0 ? <p className="quiet">{t('noneBefore')}</p> : null}
      <ul className="calls">
        {calls.map((call) => (
          <li key={`${call.label}-${call.at}-${call.kind}`}>
            <span className="label">{call.label}</span>
            <span>{t('counterNumber', { number: call.counter })}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The last calls but the one that stands large; a number that was recalled stands once. */
function before(hall: Hall): HallCall[] {
  const shown = new Set([large(hall)?.label]);
  return hall.calls
    .filter((call) => !shown.has(call.label) && shown.add(call.label))
    .slice(0, CALLS_SHOWN);
}

function Now({ hall }: { hall: Hall }) {
  const t = useText();
  const shown = large(hall);
  if (!shown) {
    const [next] = hall.next;
    const early = hall.calls.length === 0 && next === undefined;
    return (
      <section className="now now-empty" aria-live="polite">
        <p className="now-title">{early ? t('nobodyCalled') : t('waitForCall')}</p>
        <p className="now-hint">{early ? t('nobodyCalledBody') : next ? t('nextIs', { label: next }) : t('nobodyWaiting')}</p>
      </section>
    );
  }
  const { label, counter, call } = shown;
  const more = besides(hall.now);
  const look = hall.now ? 'now' : 'now now-past';
  return (
    <section
      // A recall of the same number is a new call: another key makes the line flash again.
      key={`${label}-${counter}-${call?.at ?? ''}-${call?.kind ?? ''}`}
      className={more.length > 0 ? `${look} now-more` : look}
      aria-live="assertive"
      aria-atomic="true"
    >
      <span className="hidden-text">{t('inviteSpoken', { label, counter })}</span>
      <p className="now-line" aria-hidden="true">
        <span className="now-word">{t('invite')}</span>
        <strong className="now-label">{label}</strong>
        <span className="now-word">{t('toCounter')}</span>
        <strong className="now-counter">{counter}</strong>
      </p>
      {more.length > 0 ? (
        <p className="now-besides">
          {more.map((word) => (
            <span key={word}>{t(word)}</span>
          ))}
        </p>
      ) : null}
    </section>
  );
}

function Counters({ counters, now }: { counters: HallCounter[]; now: number }) {
  const t = useText();
  const { columns, rows, pages, perPage, size, stateSize, names, head } = layout(counters.length);
  const first = pageAt(pages, now) * perPage;
  const page = counters.slice(first, first + perPage);
  const state = (counter: HallCounter) => {
    if (counter.state === 'closed') return t('closed');
    if (counter.state === 'paused') return t('paused');
    return t('free');
  };
  // Set by script, as the pages' policy wants it: no style stands in the text of the page.
  const sizes = { '--columns': columns, '--rows': rows, '--size': size, '--state': stateSize } as CSSProperties;
  return (
    <section className={names ? `counters columns-${columns}` : `counters columns-${columns} nameless`} style={sizes}>
      {head ? (
        <h2 className="counters-head">
          <span>{pages > 1 ? t('countersShown', { from: page[0]?.number ?? 0, to: page.at(-1)?.number ?? 0, count: counters.length }) : t('counter')}</span>
          <span>{t('servingNumber')}</span>
        </h2>
      ) : (
        <h2 className="hidden-text">{t('servingNumber')}</h2>
      )}
      {counters.length === 0 ? <p className="quiet">{t('noCounters')}</p> : null}
      <ul>
        {page.map((counter) => (
          <li key={counter.number} className={`row ${counter.state}`}>
            <span className="row-number">{counter.number}</span>
            {names ? <span className="row-name">{counter.name}</span> : null}
            {counter.label && counter.state !== 'closed' ? (
              <span className="label">{counter.label}</span>
            ) : (
              <span className="row-state">{state(counter)}</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
