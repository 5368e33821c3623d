/** What a device's page shows without a token, or with one that is no longer good: a code, and who reads it. */
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { centerApi } from '../../api/center';
import { createClient } from '../../api/client';
import { keepIdentity } from '../../api/device-token';
import { common as enCommon } from '../../text/en/common';
import { pair as en } from '../../text/en/pair';
import { textOf, useLang } from '../../text/text';
import { common as viCommon } from '../../text/vi/common';
import { pair as vi } from '../../text/vi/pair';
import { Notice } from '../Notice';
import { problemText } from '../problem';
import { inHalves, PairingAsker, type PairedRole } from './asking';

const useText = textOf({ ...viCommon, ...vi }, { ...enCommon, ...en });

/**
 * `revoked`: the page has a token, and the center does not take it. `wasIn`: it was taken until now, so that somebody
 * has put this device out; it asks again when it is loaded anew, or when a person at it wants that.
 */
export function TokenNotice({ role, command, revoked, wasIn }: { role: PairedRole; command: string; revoked?: boolean; wasIn?: boolean }) {
  const t = useText();
  // What held when the notice came stays: hearing the center meanwhile changes nothing about it.
  const [asks, setAsks] = useState(!wasIn);
  return (
    <main className="notice-page">
      <Notice title={t(revoked ? 'tokenRefusedTitle' : 'noTokenTitle')}>
        {revoked ? <p>{t(asks ? 'refusedTokenBody' : 'putOutBody')}</p> : null}
        {asks ? (
          <Asks role={role} />
        ) : (
          <p>
            <button type="button" className="pair-again" onClick={() => setAsks(true)}>
              {t('askAgain')}
            </button>
          </p>
        )}
        <p className="pair-command">
          {t('orCommand')} <code className="command">{command}</code>
        </p>
      </Notice>
    </main>
  );
}

function Asks({ role }: { role: PairedRole }) {
  const t = useText();
  const lang = useLang();
  const asker = useMemo(() => {
    const api = centerApi(createClient());
    return new PairingAsker({ role, open: api.openPairing, claim: api.claimPairing, paired: (token, counter) => beginAnew(role, token, counter) });
  }, [role]);
  useEffect(() => {
    asker.start();
    return () => asker.stop();
  }, [asker]);
  const state = useSyncExternalStore(asker.subscribe, asker.current);
  switch (state.at) {
    case 'shown': {
      const [first, second] = inHalves(state.code);
      return (
        <>
          <p>{t('showCode')}</p>
          <p className="pair-code">
            <span>{first}</span> <span>{second}</span>
          </p>
          <p role="status">{t('waitsForYes')}</p>
        </>
      );
    }
    case 'refused':
      return (
        <>
          <p role="status">{t('saidNo')}</p>
          <p>
            <button type="button" className="pair-again" onClick={asker.again}>
              {t('askAgain')}
            </button>
          </p>
        </>
      );
    case 'held':
      return <p role="status">{problemText(state.problem, lang, t)}</p>;
    case 'away':
      return <p role="status">{t('unreachable')}</p>;
    default:
      return <p role="status">{t(state.at === 'paired' ? 'saidYes' : 'loading')}</p>;
  }
}

/** Keeps the token and loads the page with it; a counter in the address would speak against the one that was given. */
function beginAnew(role: PairedRole, token: string, counter: number | undefined): void {
  keepIdentity(role, token, counter);
  const address = new URL(location.href);
  address.hash = '';
  address.searchParams.delete('counter');
  history.replaceState(null, '', address);
  location.reload();
}
