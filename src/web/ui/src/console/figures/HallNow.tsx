/** Who waits against which promise, what the counters do, and the advice to open one, with its arithmetic; below it the hours to come. */
import type { Advice } from '../../api/types';
import { clock, duration } from '../../shared/format';
import { problemText } from '../../shared/problem';
import { useResource } from '../../shared/useResource';
import { useLang } from '../../text/text';
import { useDesk } from '../context';
import { HoursAhead } from './HoursAhead';
import { arithmetic } from './logic';
import { useText } from './text';

/** A head looks at trends of minutes; each look copies the tickets of the day. */
const EVERY_MS = 15_000;
const COUNTERS = ['serving', 'calling', 'free', 'paused', 'closed'] as const;

export function HallNow() {
  const t = useText();
  const lang = useLang();
  const { api, now, epoch, services } = useDesk();
  const { data, problem } = useResource(() => api.hallFigures(), `${epoch}|${Math.floor(now / EVERY_MS)}`);
  const name = (code: string) => {
    const found = services.find((service) => service.code === code);
    return found ? (lang === 'vi' ? found.name_vi : found.name_en) : code;
  };
  return (
    <>
      <section className="card figures-hall" aria-labelledby="figures-hall">
        <div className="card-head">
          <h2 id="figures-hall">{t('hallTitle')}</h2>
          {data ? <span className="soft">{t('hallAt', { time: clock(data.at) })}</span> : null}
        </div>
        {problem ? <p className="problem">{problemText(problem, lang, t)}</p> : null}
        {!data && !problem ? <p className="empty">{t('loading')}</p> : null}
        <div role="status">
          {data?.advice.map((advice) => <OpenCounter key={advice.services.join(' ')} advice={advice} name={name} />)}
          {data && data.advice.length === 0 ? <p className="soft">{data.lines.length === 0 ? t('hallEmpty') : t('keeps')}</p> : null}
        </div>
        {data ? <h3>{t('counters')}</h3> : null}
        {data ? (
          <dl className="figures-counters">
            {COUNTERS.map((one) => (
              <div key={one}>
                <dt>{t(`counters_${one}`)}</dt>
                <dd>{data.counters[one]}</dd>
              </div>
            ))}
          </dl>
        ) : null}
        {data && data.lines.length > 0 ? (
          <>
            <table aria-label={t('hallTable')}>
              <thead>
                <tr>
                  <th scope="col">{t('colService')}</th>
                  <th scope="col">{t('colClass')}</th>
                  <th scope="col">{t('colWaiting')}</th>
                  <th scope="col">{t('colLate')}</th>
                  <th scope="col">{t('colLongest')}</th>
                  <th scope="col">{t('colPromise')}</th>
                </tr>
              </thead>
              <tbody>
                {data.lines.map((line) => (
                  <tr key={`${line.service} ${line.class}`}>
                    <th scope="row">{name(line.service)}</th>
                    <td>{line.class === 'priority' ? <span className="badge priority">{t('priority')}</span> : t('regular')}</td>
                    <td className="number">{line.waiting}</td>
                    <td className={line.late > 0 ? 'number bad' : 'number'}>{line.late}</td>
                    <td className={line.longest_s > line.promise_s ? 'number bad' : 'number'}>{duration(line.longest_s, lang)}</td>
                    <td className="number">{duration(line.promise_s, lang)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            <p className="soft">{data.work_assumed ? t('assumed') : t('means')}</p>
          </>
        ) : null}
      </section>
      {data ? <HoursAhead forecast={data.forecast} at={data.at} name={name} /> : null}
    </>
  );
}

function OpenCounter({ advice, name }: { advice: Advice; name: (code: string) => string }) {
  const t = useText();
  const told = arithmetic(advice);
  return (
    <div className="figures-advice">
      <h3>{t('adviceTitle', { services: advice.services.map(name).join('; ') })}</h3>
      <p>
        <strong>{t('adviceMore', told)}</strong> {advice.open.length > 0 ? t('adviceOpen', { counters: advice.open.join(', ') }) : t('adviceNobody')}
      </p>
      <ul>
        <li>{t('advicePeople', told)}</li>
        {told.count > 0 ? <li>{t('adviceLast', told)}</li> : null}
        <li>{t('adviceCapacity', told)}</li>
        <li>{t('adviceSum', told)}</li>
      </ul>
    </div>
  );
}
