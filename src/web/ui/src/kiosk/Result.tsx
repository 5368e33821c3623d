import { useEffect, useState } from 'react';
import type { Service } from '../api/types';
import { clock } from '../shared/format';
import { problemText } from '../shared/problem';
import { useLang } from '../text/text';
import { GIVE_BACK_MS, type Issue } from './useIssue';
import { useText } from './text';

/** A second tap meant for the screen before must not press what now lies under the finger. */
const SETTLE_MS = 700;
/** The center takes nothing sooner after a number: what comes then is no second thought. */
const GIVE_BACK_SETTLE_MS = 1_600;

export function Result({
  issue,
  services,
  left,
  onReprint,
  onGiveBack,
  onDone,
}: {
  issue: Extract<Issue, { at: 'issued' }>;
  services: Service[];
  left: number | null;
  onReprint: () => void;
  onGiveBack: () => void;
  onDone: () => void;
}) {
  const t = useText();
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(true), SETTLE_MS);
    return () => clearTimeout(timer);
  }, []);
  const lang = useLang();
  const [asking, setAsking] = useState(false);
  const [mayGiveBack, setMayGiveBack] = useState(false);
  useEffect(() => {
    const age = Date.now() - issue.takenAt;
    const begins = setTimeout(() => setMayGiveBack(true), Math.max(0, GIVE_BACK_SETTLE_MS - age));
    const ends = setTimeout(() => {
      setMayGiveBack(false);
      setAsking(false);
    }, Math.max(0, GIVE_BACK_MS - age));
    return () => {
      clearTimeout(begins);
      clearTimeout(ends);
    };
  }, [issue.takenAt]);
  const { ticket, wait, waiting_ahead } = issue.issued;
  const next = (ticket.next_services ?? []).map((code) => {
    const found = services.find((service) => service.code === code);
    return found ? (lang === 'vi' ? found.name_vi : found.name_en) : code;
  });
  if (asking)
    return (
      <div className="result" role="alertdialog" aria-labelledby="give-back">
        <h1 id="give-back" className="lead">
          {t('giveBackAsk', { label: ticket.label })}
        </h1>
        <div className="actions">
          <button
            type="button"
            className="key"
            onClick={() => {
              setAsking(false);
              onGiveBack();
            }}
          >
            {t('giveBackYes', { label: ticket.label })}
          </button>
          <button type="button" className="key primary" onClick={() => setAsking(false)}>
            {t('giveBackNo')}
          </button>
        </div>
        <p className="soft">{left === null ? '\u00a0' : t('backSoon', { seconds: left })}</p>
      </div>
    );
  return (
    <div className="result">
      <div className="result-number" role="status">
        <h1>
          <span className="result-title">{t('yourNumber')}</span> <span className="number">{ticket.label}</span>
        </h1>
        <span className="lead">
          {waiting_ahead > 0 ? t('ahead', { count: waiting_ahead }) : t('aheadNone')}{' '}
          <span className="wait">
            {!wait
              ? t('waitUnknown')
              : wait.low_min > 0
                ? t('waitRange', { low: wait.low_min, high: wait.high_min })
                : t('waitShort', { high: wait.high_min })}
          </span>
          {wait?.break_until ? <span> {t('waitBreak', { at: wait.break_until })}</span> : null}
          {wait?.closes_at ? <span> {t('waitClosing', { at: wait.closes_at })}</span> : null}
        </span>
        {issue.issued.booking ? (
          <span>{t('appointment', { from: clock(issue.issued.booking.from), to: clock(issue.issued.booking.to) })}</span>
        ) : null}
        {next.length > 0 ? <span>{t('thenVisit', { names: next.join('; ') })}</span> : null}
      </div>
      <div className={`slip slip-${issue.slip}`} role={issue.slip === 'failed' ? 'alert' : 'status'}>
        {issue.slip === 'printing' ? (
          <>
            <span className="bar" aria-hidden="true" />
            <p>{t('printing')}</p>
          </>
        ) : issue.slip === 'printed' ? (
          <>
            <p>{t('takeSlip')}</p>
            <p className="soft">{t('lostSlip', { label: ticket.label })}</p>
          </>
        ) : (
          <p>{t('printFailed', { label: ticket.label })}</p>
        )}
      </div>
      <div className="actions">
        {issue.slip !== 'printing' ? (
          <button type="button" className="key" disabled={!settled} onClick={onReprint}>
            {t('reprint')}
          </button>
        ) : null}
        {mayGiveBack && !issue.giveBack ? (
          <button type="button" className="key quiet" onClick={() => setAsking(true)}>
            {t('giveBack')}
          </button>
        ) : null}
        <button type="button" className="key primary" disabled={!settled} onClick={onDone}>
          {t('done')}
        </button>
      </div>
      {issue.giveBack ? <p role="alert">{problemText(issue.giveBack, lang, t)}</p> : null}
      <p className="soft">{left === null ? '\u00a0' : t('backSoon', { seconds: left })}</p>
    </div>
  );
}
