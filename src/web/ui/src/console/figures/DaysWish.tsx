/** What pages of figures ask first: which days, and what the rows are; and what they say where there is no table. */
import type { ReactNode } from 'react';
import { ProblemLine } from '../../shared/ProblemLine';
import { daysAfter } from './logic';
import { useText } from './text';

/** Days, with today, that one key chooses. */
const KEYS = [1, 7, 30];

interface Wish<By extends string> {
  from: string;
  to: string;
  /** The last day that can be chosen. */
  today: string;
  onFrom: (day: string) => void;
  onTo: (day: string) => void;
  /** What the rows can be, in order. */
  all: By[];
  by: By;
  onBy: (by: By) => void;
  byName: (by: By) => string;
  /** What else is asked. */
  children?: ReactNode;
}

export function DaysWish<By extends string>({ from, to, today, onFrom, onTo, all, by, onBy, byName, children }: Wish<By>) {
  const t = useText();
  return (
    <div className="figures-wish">
      <label className="field">
        <span>{t('from')}</span>
        <input type="date" value={from} max={today} onChange={(event) => onFrom(event.target.value)} />
      </label>
      <label className="field">
        <span>{t('to')}</span>
        <input type="date" value={to} max={today} onChange={(event) => onTo(event.target.value)} />
      </label>
      {children}
      <span className="figures-keys">
        {KEYS.map((days) => (
          <button
            key={days}
            type="button"
            className="link"
            onClick={() => {
              onFrom(daysAfter(today, 1 - days));
              onTo(today);
            }}
          >
            {days === 1 ? t('today') : t('days', { count: days })}
          </button>
        ))}
      </span>
      <div className="segments" role="group" aria-label={t('by')}>
        {all.map((one) => (
          <button key={one} type="button" aria-pressed={by === one} onClick={() => onBy(one)}>
            {byName(one)}
          </button>
        ))}
      </div>
    </div>
  );
}

/** Days that cannot be asked for, a refusal, the wait for the first answer, an answer without a number. */
export function DaysState({ wrong, problem, known, nothing }: { wrong: string | null; problem: unknown; known: boolean; nothing: boolean }) {
  const t = useText();
  if (wrong) {
    return (
      <p className="problem" role="alert">
        {wrong}
      </p>
    );
  }
  return (
    <>
      <ProblemLine problem={problem} />
      {!known && !problem ? <p className="empty">{t('loading')}</p> : null}
      {nothing ? <p className="empty">{t('empty')}</p> : null}
    </>
  );
}
