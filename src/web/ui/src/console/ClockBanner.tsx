/** Stands over every page while the machine's clock is wrong; the head can say what time it is. */
import { useState } from 'react';
import type { Clock } from '../api/types';
import { clock, date, dateTimeField } from '../shared/format';
import { useDesk } from './context';
import { useText } from './text';
import { useRun } from './useRun';

export function ClockBanner({ state }: { state: Clock | undefined }) {
  const t = useText();
  const { now, officer } = useDesk();
  if (!state || state.state === 'ok') return null;
  const said = { time: clock(now), date: date(now) };
  return (
    <div className="banner warn" role="alert">
      <p>{t(state.state === 'wrong' ? 'clockWrong' : 'clockSuspect', said)}</p>
      {officer.role !== 'officer' ? <SetClock believed={now} /> : null}
    </div>
  );
}

/** Begins with the time that counts now: a browser may write day and month in another order. */
function SetClock({ believed }: { believed: number }) {
  const t = useText();
  const { api, tell } = useDesk();
  const { run, running } = useRun();
  const [at, setAt] = useState(() => dateTimeField(believed));
  return (
    <form
      className="clock-set"
      onSubmit={(event) => {
        event.preventDefault();
        void run(() => api.setClock(at).then(() => tell(t('clockSet'))));
      }}
    >
      <label>
        {t('clockNow')} <input type="datetime-local" required value={at} onChange={(event) => setAt(event.target.value)} />
      </label>
      <button type="submit" className="button blue" disabled={running || !at}>
        {t('clockConfirm')}
      </button>
    </form>
  );
}
