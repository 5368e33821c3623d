/** Three levels, none chosen beforehand. Only dissatisfaction asks further. */
import { useState } from 'react';
import type { Level, Respondent, Stage, Vote } from '../api/types';
import { harmless } from '../shared/harmless';
import { useText } from './text';

const LEVELS: Level[] = ['very_satisfied', 'satisfied', 'dissatisfied'];
const REASONS = ['long_wait', 'unclear_guidance', 'service_attitude', 'repeated_trips', 'extra_papers', 'late_result'] as const;
const RESPONDENTS: Respondent[] = ['citizen', 'organisation'];
const COMMENT_MAX = 500;

export type Given = Omit<Vote, 'token' | 'client_id' | 'cast_at'>;

export function Ballot({
  stage,
  waited,
  onFilled,
  onVote,
}: {
  stage: Stage;
  /** Its question came while somebody was at another one. */
  waited: boolean;
  /** Something is chosen that is not sent by that alone. */
  onFilled: () => void;
  onVote: (given: Given) => void;
}) {
  const t = useText();
  const [level, setLevel] = useState<Level | null>(null);
  const [respondent, setRespondent] = useState<Respondent>('citizen');
  const [reasons, setReasons] = useState<string[]>([]);
  const [comment, setComment] = useState('');
  const question = stage === 'receipt' ? t('askReceipt') : t('askReturn');

  const toggle = (reason: string) =>
    setReasons((chosen) => (chosen.includes(reason) ? chosen.filter((one) => one !== reason) : [...chosen, reason]));

  if (level !== 'dissatisfied') {
    return (
      <div className="ballot">
        {waited ? <p className="next-turn">{t('nextTurn')}</p> : null}
        <h1 className="question">{question}</h1>
        <fieldset className="as">
          <legend>{t('respondent')}</legend>
          {RESPONDENTS.map((one) => (
            <label key={one}>
              <input type="radio" name="respondent" checked={respondent === one} onChange={() => setRespondent(one)} />
              <span>{t(one)}</span>
            </label>
          ))}
        </fieldset>
        <div className="levels">
          {LEVELS.map((one) => (
            <button
              key={one}
              type="button"
              className={`level level-${one}`}
              onClick={() => {
                if (one !== 'dissatisfied') return onVote({ level: one, reasons: [], respondent });
                setLevel(one);
                onFilled();
              }}
            >
              <Face level={one} />
              <span>{t(one)}</span>
            </button>
          ))}
        </div>
      </div>
    );
  }
  return (
    <form
      className="ballot"
      onSubmit={(event) => {
        event.preventDefault();
        const said = [...harmless(comment)].slice(0, COMMENT_MAX).join('');
        onVote(said ? { level, reasons, respondent, comment: said } : { level, reasons, respondent });
      }}
    >
      <h1 className="question">{t('whatWasWrong')}</h1>
      <div className="reasons">
        {REASONS.map((reason) => (
          <button key={reason} type="button" className="reason" aria-pressed={reasons.includes(reason)} onClick={() => toggle(reason)}>
            {t(reason)}
          </button>
        ))}
      </div>
      <label className="comment">
        <span>{t('comment')}</span>
        <textarea rows={3} autoComplete="off" maxLength={COMMENT_MAX} value={comment} onChange={(event) => setComment(event.target.value)} />
      </label>
      <div className="actions">
        <button type="button" className="key" onClick={() => setLevel(null)}>
          {t('back')}
        </button>
        <button type="submit" className="key primary">
          {t('send')}
        </button>
      </div>
    </form>
  );
}

/** A mouth that goes up, stays nearly level, or goes down: the word stands below, so this is no emoji. */
function Face({ level }: { level: Level }) {
  const mouth = { very_satisfied: 'M16 38 Q32 56 48 38', satisfied: 'M18 42 Q32 49 46 42', dissatisfied: 'M18 47 Q32 36 46 47' }[level];
  return (
    <svg viewBox="0 0 64 64" className="face" aria-hidden="true">
      <circle cx="32" cy="32" r="29" fill="none" stroke="currentColor" strokeWidth="3.5" />
      <circle cx="22" cy="25" r="3.5" fill="currentColor" />
      <circle cx="42" cy="25" r="3.5" fill="currentColor" />
      <path d={mouth} fill="none" stroke="currentColor" strokeWidth="3.5" strokeLinecap="round" />
    </svg>
  );
}
