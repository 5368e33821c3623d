import { useEffect, useState } from 'react';
import type { Service } from '../api/types';
import { useLang } from '../text/text';
import type { Issue } from './useIssue';
import { useText } from './text';

/** A second tap meant for the screen before must not press what now lies under the finger. */
const SETTLE_MS = 700;

export function Result({
  issue,
  services,
  left,
  onReprint,
  onDone,
}: {
  issue: Extract<Issue, { at: 'issued' }>;
  services: Service[];
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
  const lang = useLang();
  const { ticket, waiting_ahead } = issue.issued;
  const next = (ticket.next_services ?? []).map((code) => {
    const found = services.find((service) => service.code === code);
    return found ? (lang === 'vi' ? found.name_vi : found.name_en) : code;
  });
  return (
    <div className="result">
      <div className="result-number" role="status">
        <h1>
          <span className="result-title">{t('yourNumber')}</span> <span className="number">{ticket.label}</span>
        </h1>
        <span className="lead">{waiting_ahead > 0 ? t('ahead', { count: waiting_ahead }) : t('aheadNone')}</span>
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
        <button type="button" className="key primary" disabled={!settled} onClick={onDone}>
          {t('done')}
        </button>
      </div>
      <p className="soft">{left === null ? '\u00a0' : t('backSoon', { seconds: left })}</p>
    </div>
  );
}
