/** Assessment by the citizen. Open only while the center has given this counter's tablet a token. */
import { useEffect, useLayoutEffect, useMemo, useState } from 'react';
import { centerApi, type CenterApi } from '../api/center';
import { createClient } from '../api/client';
import { takeIdentity } from '../api/device-token';
import type { Counter, TabletNews, TabletToken } from '../api/types';
import { topicData, unversioned, useLive, useNow } from '../live/useLive';
import { useReport } from '../live/useReport';
import { LoadingNotice, Notice, OfflineNotice } from '../shared/Notice';
import { TokenNotice } from '../shared/pairing/TokenNotice';
import { clock } from '../shared/format';
import { problemText } from '../shared/problem';
import { LanguageScope, type Lang } from '../text/text';
import { Ballot, type Given } from './Ballot';
import { useText } from './text';
import { clearsIn } from './turns';
import { useTurns } from './useTurns';
import { useVote } from './useVote';

const COMMAND = 'motcua device token --role tablet --counter 1';

export function Tablet() {
  const [lang, setLang] = useState<Lang>('vi');
  const identity = useMemo(() => takeIdentity('tablet'), []);
  const [counter, setCounter] = useState(identity.counter);
  const token = identity.token;
  const api = useMemo(() => centerApi(createClient({ token: () => token })), [token]);
  useEffect(() => {
    document.documentElement.lang = lang;
  }, [lang]);
  const choose = (number: number) => {
    localStorage.setItem('motcua.counter.tablet', String(number));
    setCounter(number);
  };
  return (
    <LanguageScope lang={lang}>
      {!token ? (
        <TokenNotice role="tablet" command={COMMAND} />
      ) : counter === undefined ? (
        <ChooseCounter api={api} onChoose={choose} />
      ) : (
        <AtCounter api={api} token={token} counter={counter} lang={lang} setLang={setLang} />
      )}
    </LanguageScope>
  );
}

function ChooseCounter({ api, onChoose }: { api: CenterApi; onChoose: (number: number) => void }) {
  const t = useText();
  const [counters, setCounters] = useState<Counter[] | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    api.counters().then(setCounters, () => setFailed(true));
  }, [api]);
  if (!counters && !failed) return <LoadingNotice />;
  return (
    <main className="notice-page">
      <Notice title={t('chooseCounter')}>
        {failed ? <p>{t('noCounters')}</p> : null}
        <div className="pick">
          {counters?.map((counter) => (
            <button key={counter.number} type="button" className="key" onClick={() => onChoose(counter.number)}>
              {t('counterNumber', { number: counter.number })}
            </button>
          ))}
        </div>
      </Notice>
    </main>
  );
}

function AtCounter({
  api,
  token,
  counter,
  lang,
  setLang,
}: {
  api: CenterApi;
  token: string;
  counter: number;
  lang: Lang;
  setLang: (lang: Lang) => void;
}) {
  const t = useText();
  const topic = `tablet:${counter}`;
  const { state } = useLive(
    {
      topics: [topic],
      token,
      fetchers: {
        [topic]: () => api.tabletToken(counter).then((open) => unversioned(open ?? null)),
      },
    },
    `${token}|${counter}`,
  );
  const now = useNow(state.offsetMs);
  const [contrast, setContrast] = useState(false);
  const vote = useVote(api, state.health === 'live', state.offsetMs);
  const { kept, stuck, aside, lasting, error } = vote.standing;
  useReport(api, 'tablet', state, { kept: stuck, aside, lasting, error, sound_blocked: false });
  useLayoutEffect(() => {
    document.documentElement.classList.toggle('contrast', contrast);
  }, [contrast]);

  const news = topicData<TabletNews | TabletToken | null>(state, topic);
  const told = useToken(api, counter, news, state.topics[topic]?.version);
  const { turns, onFilled, onSent } = useTurns(told, vote.given, vote.state.at === 'none', now, state.offsetMs);
  const { open } = turns;
  const cleared = turns.clearedAt !== null;
  // The next citizen starts in Vietnamese and in the usual colours; what is said to this one stays in theirs.
  const screen = vote.state.at !== 'none' || cleared ? 'said' : (open?.turn ?? 'idle');
  useLayoutEffect(() => {
    if (screen === 'said') return;
    setLang('vi');
    setContrast(false);
  }, [screen, setLang]);

  if (state.health === 'refused') return <TokenNotice role="tablet" command={COMMAND} revoked wasIn={state.heardAt !== null && state.refusal?.status === 401} />;
  if (state.health === 'connecting' && news === undefined) return <LoadingNotice />;
  if (state.health === 'offline') return <OfflineNotice />;

  let content;
  if (vote.state.at === 'sending') {
    content = (
      <div className="middle" role="status">
        <span className="spinner big" aria-hidden="true" />
        <h1 className="say">{t('sending')}</h1>
      </div>
    );
  } else if (vote.state.at === 'thanks') {
    content = (
      <div className="middle" role="status">
        <span className="done-mark" aria-hidden="true" />
        <h1 className="say">{t('thanks')}</h1>
      </div>
    );
  } else if (vote.state.at === 'kept') {
    content = (
      <div className="middle" role="status">
        <span className="done-mark" aria-hidden="true" />
        <h1 className="say">{t('thanks')}</h1>
        <p className="say-more">{t('kept')}</p>
      </div>
    );
  } else if (vote.state.at === 'refused') {
    content = (
      <Notice title={t('refusedTitle')}>
        <p>{problemText(vote.state.problem, lang, t)}</p>
      </Notice>
    );
  } else if (cleared) {
    content = (
      <div className="middle" role="status">
        <span className="idle-mark" aria-hidden="true" />
        <h1 className="say">{t('cleared')}</h1>
        <p className="say-more">{t('clearedMore')}</p>
      </div>
    );
  } else if (open) {
    const { question } = open;
    const send = (given: Given) => {
      void vote.send({ ...given, token: question.token, cast_at: new Date(Date.now() + state.offsetMs).toISOString() });
      onSent();
    };
    content = <Ballot key={open.turn} stage={question.stage} waited={question.waited} onFilled={onFilled} onVote={send} />;
  } else {
    content = (
      <div className="middle" role="status">
        <span className="idle-mark" aria-hidden="true" />
        <h1 className="say quiet">{t('idle')}</h1>
      </div>
    );
  }
  const stale = state.health === 'stale';
  const clears = clearsIn(turns, now);
  return (
    <div className="tablet">
      <header className="tablet-head">
        <span className="where">{t('atCounter', { number: counter })}</span>
        <span>{t('title')}</span>
        {clears ? (
          <p className="clears" role="timer">
            {t(clears.why === 'rest' ? 'clearsAtRest' : 'clearsAtEnd', { seconds: clears.seconds })}
          </p>
        ) : null}
      </header>
      {stale ? (
        <p className="stale" role="alert">
          {t('stale', { time: clock((state.heardAt ?? now) + state.offsetMs) })}
        </p>
      ) : null}
      <main className="tablet-main">{content}</main>
      <footer className="tablet-foot">
        <span className="soft">
          {open ? t('anonymous') : ''}
          {kept > 0 ? <span className="staff-note">{t('keptCount', { count: kept })}</span> : null}
          {aside > 0 ? <span className="staff-note">{t('asideCount', { count: aside })}</span> : null}
        </span>
        <div className="aids">
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

const ASK_AGAIN_MS = 2_000;

/** The live topic tells only that a vote is open: the token is a secret between the center and this tablet. */
function useToken(
  api: CenterApi,
  counter: number,
  news: TabletNews | TabletToken | null | undefined,
  version: number | undefined,
): TabletToken | null {
  const [token, setToken] = useState<TabletToken | null>(null);
  useEffect(() => {
    if (!news || 'token' in news) {
      setToken(news ?? null);
      return;
    }
    let timer: ReturnType<typeof setTimeout>;
    let stopped = false;
    const ask = () =>
      api.tabletToken(counter).then(
        (found) => !stopped && setToken(found ?? null),
        () => {
          if (!stopped) timer = setTimeout(() => void ask(), ASK_AGAIN_MS);
        },
      );
    void ask();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [api, counter, news, version]);
  return token;
}
