/** How a number stands that somebody holds under the reader: the center answers, no line is needed. */
import type { CenterApi } from '../api/center';
import { LoadingNotice, Notice } from '../shared/Notice';
import { problemText } from '../shared/problem';
import { useResource } from '../shared/useResource';
import { useLang } from '../text/text';
import { useText } from './text';

export function OwnTicket({ api, code, left, onDone }: { api: CenterApi; code: string; left: number | null; onDone: () => void }) {
  const t = useText();
  const lang = useLang();
  const { data, problem } = useResource(() => api.ticket(code), code);
  const done = (
    <div className="actions">
      <button type="button" className="key primary" onClick={onDone}>
        {t('toStart')}
      </button>
    </div>
  );
  if (problem)
    return (
      <Notice title={t('ownUnknown')} action={done}>
        <p>{problemText(problem, lang, t)}</p>
      </Notice>
    );
  if (!data) return <LoadingNotice />;
  const { ticket, wait, waiting_ahead: ahead } = data;
  const counter = ticket.counter ?? '';
  const state = {
    waiting: (ahead ?? 0) > 0 ? t('ahead', { count: ahead ?? 0 }) : t('aheadNone'),
    called: t('ownCalled', { counter }),
    serving: t('ownServing', { counter }),
    on_hold: t('ownOnHold', { counter }),
    completed: t('ownCompleted'),
    no_show: t('ownNoShow'),
    cancelled: t('ownCancelled'),
  }[ticket.state];
  return (
    <div className="result">
      <div className="result-number" role="status">
        <h1>
          <span className="result-title">{t('yourNumber')}</span> <span className="number">{ticket.label}</span>
        </h1>
        <span className="lead">{state}</span>
        {ticket.state === 'waiting' ? (
          <span className="wait">
            {!wait ? t('waitUnknown') : wait.low_min > 0 ? t('waitRange', { low: wait.low_min, high: wait.high_min }) : t('waitShort', { high: wait.high_min })}
          </span>
        ) : null}
        {wait?.break_until ? <span>{t('waitBreak', { at: wait.break_until })}</span> : null}
        {wait?.closes_at ? <span>{t('waitClosing', { at: wait.closes_at })}</span> : null}
        {data.went_first.map((first, place) => (
          <span key={place}>{lang === 'vi' ? first.sentence : first.sentence_en}</span>
        ))}
      </div>
      {done}
      <p className="soft">{left === null ? '\u00a0' : t('backSoon', { seconds: left })}</p>
    </div>
  );
}
