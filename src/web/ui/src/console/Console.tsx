/** The officers' desk behind its login. */
import { useMemo } from 'react';
import { centerApi } from '../api/center';
import { Gate, type Inside } from '../shared/officer/Gate';
import { desk as en } from '../text/en/console';
import { desk as vi } from '../text/vi/console';
import { Shell } from './Shell';

export function Console() {
  return <Gate title={{ vi: vi.title, en: en.title }}>{(inside) => <Inner {...inside} />}</Gate>;
}

function Inner({ client, officer, epoch, leave, switchLanguage }: Inside) {
  const api = useMemo(() => centerApi(client), [client]);
  return <Shell api={api} officer={officer} epoch={epoch} onLogout={leave} onLanguage={switchLanguage} />;
}
