/** The officers' desk: who is logged in, and what happens when the session ends in the middle of work. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { centerApi } from '../api/center';
import { createClient, Refused } from '../api/client';
import type { Session } from '../api/types';
import { LoadingNotice, Notice } from '../shared/Notice';
import { problemText } from '../shared/problem';
import { LanguageScope, type Lang } from '../text/text';
import { LoginForm } from './Login';
import { Shell } from './Shell';
import { useText } from './text';

const LANGUAGE = 'motcua.language';

type Gate = { at: 'asking' } | { at: 'out' } | { at: 'unreachable'; problem: unknown } | { at: 'in'; session: Session; expired: boolean; epoch: number };

export function Console() {
  const [lang, setLang] = useState<Lang>(() => (localStorage.getItem(LANGUAGE) === 'en' ? 'en' : 'vi'));
  useEffect(() => {
    document.documentElement.lang = lang;
    localStorage.setItem(LANGUAGE, lang);
  }, [lang]);
  return (
    <LanguageScope lang={lang}>
      <Gateway lang={lang} setLang={setLang} />
    </LanguageScope>
  );
}

function Gateway({ lang, setLang }: { lang: Lang; setLang: (lang: Lang) => void }) {
  const t = useText();
  const [gate, setGate] = useState<Gate>({ at: 'asking' });
  const csrf = useRef<string | undefined>(undefined);
  const expire = useCallback(() => setGate((now) => (now.at === 'in' ? { ...now, expired: true } : now)), []);
  const api = useMemo(() => centerApi(createClient({ csrf: () => csrf.current, onExpired: expire })), [expire]);

  const enter = useCallback((session: Session) => {
    csrf.current = session.csrf;
    setGate((now) => {
      // Another officer must not go on with what the first one typed.
      const same = now.at === 'in' && now.session.officer.id === session.officer.id;
      return { at: 'in', session, expired: false, epoch: same ? now.epoch + 1 : 0 };
    });
  }, []);

  const ask = useCallback(() => {
    setGate({ at: 'asking' });
    api.session().then(enter, (problem: unknown) => {
      setGate(problem instanceof Refused && problem.status === 401 ? { at: 'out' } : { at: 'unreachable', problem });
    });
  }, [api, enter]);
  useEffect(ask, [ask]);

  const leave = useCallback(() => {
    api.logout().catch(() => undefined);
    csrf.current = undefined;
    setGate({ at: 'out' });
  }, [api]);

  if (gate.at === 'asking') return <LoadingNotice />;
  if (gate.at === 'unreachable') {
    return (
      <main className="notice-page">
        <Notice
          title={t('notAtServer')}
          action={
            <button type="button" className="button blue" onClick={ask}>
              {t('retry')}
            </button>
          }
        >
          <p>{problemText(gate.problem, lang, t)}</p>
        </Notice>
      </main>
    );
  }
  if (gate.at === 'out') {
    return (
      <main className="login-page">
        <div className="login-card">
          <h1>{t('title')}</h1>
          <LoginForm api={api} onSession={enter} />
          <button type="button" className="link" onClick={() => setLang(lang === 'vi' ? 'en' : 'vi')}>
            {t('switchLanguage')}
          </button>
        </div>
      </main>
    );
  }
  return (
    <>
      <Shell
        key={gate.session.officer.id}
        api={api}
        officer={gate.session.officer}
        epoch={gate.epoch}
        onLogout={leave}
        onLanguage={() => setLang(lang === 'vi' ? 'en' : 'vi')}
      />
      {gate.expired ? <Expired api={api} onSession={enter} /> : null}
    </>
  );
}

function Expired({ api, onSession }: { api: Parameters<typeof LoginForm>[0]['api']; onSession: (session: Session) => void }) {
  const t = useText();
  const frame = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    frame.current?.showModal();
  }, []);
  return (
    <dialog ref={frame} className="dialog" aria-labelledby="expired" onCancel={(event) => event.preventDefault()}>
      <h2 id="expired">{t('loginTitle')}</h2>
      <p className="expired-hint">{t('expired')}</p>
      <LoginForm api={api} onSession={onSession} />
    </dialog>
  );
}
