import type { Issue } from './useIssue';
import { useText } from './text';

/** The number is cancelled; a slip with it may lie in the printer's mouth. */
export function GivenBack({ issue, onDone }: { issue: Extract<Issue, { at: 'given_back' }>; onDone: () => void }) {
  const t = useText();
  return (
    <div className="result" role="status">
      <h1 className="lead">{t('givenBack', { label: issue.label })}</h1>
      {issue.slip === 'failed' ? null : <p>{t('givenBackSlip')}</p>}
      <div className="actions">
        <button type="button" className="key primary" onClick={onDone}>
          {t('toStart')}
        </button>
      </div>
    </div>
  );
}
