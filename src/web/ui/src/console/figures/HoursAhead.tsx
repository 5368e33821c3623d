/** The hours to come, if as many come as usually; apart from the advice, which is certain of those who wait now. */
import type { Forecast, Overload } from '../../api/types';
import { clock } from '../../shared/format';
import { foreseen } from './logic';
import { useText } from './text';

interface Ahead {
  forecast: Forecast;
  /** When it was made. */
  at: string;
  name: (code: string) => string;
}

export function HoursAhead({ forecast, at, name }: Ahead) {
  const t = useText();
  const { state, days } = forecast;
  return (
    <section className="card figures-hall" aria-labelledby="figures-ahead">
      <div className="card-head">
        <h2 id="figures-ahead">{t('aheadTitle')}</h2>
        {forecast.until ? <span className="soft">{t('aheadUntil', { time: clock(forecast.until) })}</span> : null}
      </div>
      <div role="status">
        {state === 'day_over' ? <p className="soft">{t('aheadDayOver')}</p> : null}
        {state === 'too_few_days' ? <p className="soft">{t('aheadTooFew', { days, min: forecast.days_min })}</p> : null}
        {state === 'no_counter' ? <p className="soft">{t('aheadNoCounter')}</p> : null}
        {state === 'too_few_calls' ? <p className="soft">{t('aheadTooFewCalls', { days })}</p> : null}
        {forecast.overloads.map((overload) => (
          <Passes key={overload.services.join(' ')} overload={overload} days={days} now={at} name={name} />
        ))}
        {state === 'known' && forecast.overloads.length === 0 ? (
          <p>
            {t('aheadKeeps')} {forecast.days_over > 0 ? t('aheadKeepsSure', { days, over: forecast.days_over }) : t('aheadKeepsAll', { days })}
          </p>
        ) : null}
      </div>
      {state === 'known' ? (
        <p className="soft">
          {t('aheadComing', { coming: forecast.coming })} {t('aheadHow')}
        </p>
      ) : null}
    </section>
  );
}

function Passes({ overload, days, now, name }: { overload: Overload; days: number; now: string; name: (code: string) => string }) {
  const t = useText();
  const told = foreseen(overload);
  const services = overload.services.map(name).join('; ');
  const values = { time: clock(overload.at), services };
  const title = () => {
    if (Date.parse(overload.at) <= Date.parse(now)) return overload.class === 'priority' ? t('overloadNowPriority', { services }) : t('overloadNow', { services });
    return overload.class === 'priority' ? t('overloadTitlePriority', values) : t('overloadTitle', values);
  };
  const { early, late } = overload;
  return (
    <div className="figures-advice ahead">
      <h3>{title()}</h3>
      <p>
        <strong>{t('overloadMore', told)}</strong> {overload.open.length > 0 ? t('adviceOpen', { counters: overload.open.join(', ') }) : t('adviceNobody')}
      </p>
      <ul>
        <li>{t('overloadWaiting', told)}</li>
        <li>{t('overloadComing', told)}</li>
        <li>{t('overloadDone', told)}</li>
        <li>{t('overloadLeft', told)}</li>
        <li>{told.counters > 1 ? t('overloadShared', told) : t('overloadWait', told)}</li>
        <li>{early && late ? t('overloadSure', { days, over: overload.days_over, early: clock(early), late: clock(late) }) : t('overloadUnsure', { days })}</li>
      </ul>
    </div>
  );
}
