/** Who is logged in to a page, and what happens when the session ends in the middle of work. */
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { createClient, Refused, type Client } from '../../api/client';
import type { Officer, Session } from '../../api/types';
import { LanguageScope, type Lang } from '../../text/text';
import { Modal } from '../Modal';
import { LoadingNotice, Notice } from '../Notice';
import { problemText } from '../problem';
import { LoginForm } from './LoginForm';
import { useText } from './text';

const LANGUAGE = 'motcua.language';

/** What the page behind the gate is given. */
export interface Inside {
  client: Client;
  officer: Officer;
  /** Grows with every login of the same officer. */
  epoch: number;
  leave: () => void;
  switchLanguage: () => void;
}

type State =
  | { at: 'asking' }
  | { at: 'out' }
  | { at: 'unreachable'; problem: unknown }
  | { at: 'in'; session: Session; ended: boolean; epoch: number };

export function Gate({
  title,
  place,
  children,
}: {
  title: Record<Lang, string>;
  /** Which center this is, once it is known. */
  place?: string;
  children: (inside: Inside) => ReactNode;
}) {
  const [lang, setLang] = useState<Lang>(() => (localStorage.getItem(LANGUAGE) === 'en' ? 'en' : 'vi'));
  useEffect(() => {
    document.documentElement.lang = lang;
    localStorage.setItem(LANGUAGE, lang);
  }, [lang]);
  const switchLanguage = useCallback(() => setLang((now) => (now === 'vi' ? 'en' : 'vi')), []);
  return (
    <LanguageScope lang={lang}>
      <Doorway title={title[lang]} place={place ?? ''} lang={lang} switchLanguage={switchLanguage}>
        {children}
      </Doorway>
    </LanguageScope>
  );
}

function Doorway({
  title,
  place,
  lang,
  switchLanguage,
  children,
}: {
  title: string;
  place: string;
  lang: Lang;
  switchLanguage: () => void;
  children: (inside: Inside) => ReactNode;
}) {
  const t = useText();
  const [state, setState] = useState<State>({ at: 'asking' });
  const csrf = useRef<string | undefined>(undefined);
  const end = useCallback(() => setState((now) => (now.at === 'in' ? { ...now, ended: true } : now)), []);
  const client = useMemo(() => createClient({ csrf: () => csrf.current, onExpired: end }), [end]);
  const login = useCallback(
    (name: string, password: string) => client.post<Session>('/api/v1/session', { login: name, password }, { quiet401: true }),
    [client],
  );

  const enter = useCallback((session: Session) => {
    csrf.current = session.csrf;
    setState((now) => {
      // Another officer must not go on with what the first one typed: the page is keyed by the officer.
      const same = now.at === 'in' && now.session.officer.id === session.officer.id;
      return { at: 'in', session, ended: false, epoch: same ? now.epoch + 1 : 0 };
    });
  }, []);

  const ask = useCallback(() => {
    setState({ at: 'asking' });
    client.get<Session>('/api/v1/session', { quiet401: true }).then(enter, (problem: unknown) => {
      const out = problem instanceof Refused && (problem.status === 401 || problem.status === 403);
      setState(out ? { at: 'out' } : { at: 'unreachable', problem });
    });
  }, [client, enter]);
  useEffect(ask, [ask]);

  const leave = useCallback(() => {
    client.del('/api/v1/session').catch(() => undefined);
    csrf.current = undefined;
    setState({ at: 'out' });
  }, [client]);

  if (state.at === 'asking') return <LoadingNotice />;
  if (state.at === 'unreachable') {
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
          <p>{problemText(state.problem, lang, t)}</p>
        </Notice>
      </main>
    );
  }
  if (state.at === 'out') {
    return (
      <main className="login-page">
        <div className="login-card">
          <h1>{title}</h1>
          {place ? <p className="place">{place}</p> : null}
          <LoginForm login={login} onSession={enter} />
          <button type="button" className="link" onClick={switchLanguage}>
            {t('switchLanguage')}
          </button>
        </div>
      </main>
    );
  }
  const { officer } = state.session;
  return (
    <>
      <Room key={officer.id}>{children({ client, officer, epoch: state.epoch, leave, switchLanguage })}</Room>
      {state.ended ? <Ended login={login} onSession={enter} /> : null}
    </>
  );
}

function Room({ children }: { children: ReactNode }) {
  return <>{children}</>;
}

function Ended(props: Parameters<typeof LoginForm>[0]) {
  const t = useText();
  return (
    <Modal title={t('loginTitle')}>
      <p className="expired-hint">{t('expired')}</p>
      <LoginForm {...props} />
    </Modal>
  );
}
