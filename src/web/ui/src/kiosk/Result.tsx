import { useEffect, useState } from 'react';
import type { Issue } from './useIssue';
import { useText } from './text';

/** A second tap meant for the screen before must not press what now lies under the finger. */
const SETTLE_MS = 700;

export function Result({
  issue,
  left,
  onReprint,
  onDone,
}: {
  issue: Extract<Issue, { at: 'issued' }>;
  left: number | null;
  onReprint: () => void;
  onDone: () => void;
}) {
  const t = useText();
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(true), SETTLE_MS);
    return () => clearTimeout(timer);
  }, []);
  const { ticket, wait, waiting_ahead } = issue.issued;
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
        </span>
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
        <button type="button" className="key primary" disabled={!settled} onClick={onDone}>
          {t('done')}
        </button>
      </div>
      <p className="soft">{left === null ? '\u00a0' : t('backSoon', { seconds: left })}</p>
    </div>
  );
}
