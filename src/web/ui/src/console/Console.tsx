/** The officers' desk behind its login. */
import { useEffect, useMemo, useState } from 'react';
import { centerApi } from '../api/center';
import { createClient } from '../api/client';
import { Gate, type Inside } from '../shared/officer/Gate';
import { desk as en } from '../text/en/console';
import { desk as vi } from '../text/vi/console';
import { Shell } from './Shell';

const ASK_AGAIN_MS = 10_000;

export function Console() {
  const place = usePlace();
  return (
    <Gate title={{ vi: vi.title, en: en.title }} place={place}>
      {(inside) => <Inner {...inside} place={place} />}
    </Gate>
  );
}

/** The name of this center. Its health is open to all on its network, so it is known before the login. */
function usePlace(): string {
  const [place, setPlace] = useState('');
  useEffect(() => {
    const api = centerApi(createClient());
    let again: ReturnType<typeof setTimeout> | undefined;
    let gone = false;
    const ask = (): void =>
      void api.health().then(
        (health) => !gone && setPlace(health.unit_name),
        () => {
          if (!gone) again = setTimeout(ask, ASK_AGAIN_MS);
        },
      );
    ask();
    return () => {
      gone = true;
      clearTimeout(again);
    };
  }, []);
  return place;
}

function Inner({ client, officer, epoch, leave, switchLanguage, place }: Inside & { place: string }) {
  const api = useMemo(() => centerApi(client), [client]);
  return <Shell api={api} place={place} officer={officer} epoch={epoch} onLogout={leave} onLanguage={switchLanguage} />;
}
