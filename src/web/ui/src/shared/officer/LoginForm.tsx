import { useState } from 'react';
import type { Session } from '../../api/types';
import { useLang } from '../../text/text';
import { problemText } from '../problem';
import { useText } from './text';

/** The same form opens a page and, laid over it, an ended session. */
export function LoginForm({
  login,
  onSession,
}: {
  login: (name: string, password: string) => Promise<Session>;
  onSession: (session: Session) => void;
}) {
  const t = useText();
  const lang = useLang();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async () => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      onSession(await login(name.trim(), password));
    } catch (error) {
      setProblem(problemText(error, lang, t));
      setPassword('');
      setBusy(false);
    }
  };

  return (
    <form
      className="login-form"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label className="field">
        <span>{t('loginName')}</span>
        <input
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          autoFocus
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <label className="field">
        <span>{t('password')}</span>
        <input
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </label>
      {problem ? (
        <p className="problem" role="alert">
          {problem}
        </p>
      ) : null}
      <button type="submit" className="button blue" disabled={busy}>
        {t('login')}
      </button>
    </form>
  );
}
