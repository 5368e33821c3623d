import { useState } from 'react';
import type { Counter, PauseReason } from '../api/types';
import { LoadingNotice, Notice } from '../shared/Notice';
import { useDesk } from './context';
import { Dialog } from './Dialog';
import { useText } from './text';
import { useRun } from './useRun';

const PAUSE_REASONS: PauseReason[] = ['short_break', 'meeting', 'equipment', 'paper_work', 'other'];

export function ChooseCounter() {
  const t = useText();
  const { api, officer, queue, chooseCounter, absorb } = useDesk();
  const { run, running } = useRun();
  if (!queue) return <LoadingNotice />;
  if (queue.counters.length === 0) return <Notice title={t('noCounters')} />;
  const choose = (counter: Counter) =>
    run(async () => {
      if (counter.state === 'closed') absorb(await api.openCounter(counter.number));
      chooseCounter(counter.number);
    });
  /** Somebody else works there: nothing that this officer may do. */
  const taken = (counter: Counter) => counter.state !== 'closed' && counter.officer !== officer.id;
  const who = (counter: Counter) => {
    if (!taken(counter)) return t('takenBy', { name: officer.name });
    return counter.officer_name ? t('takenByNamedWhy', { name: counter.officer_name }) : t('takenByOtherWhy');
  };
  const word = (counter: Counter) =>
    counter.state === 'closed' ? t('openCounter') : taken(counter) ? t('takenByOther') : t('useCounter');
  return (
    <section className="card choose">
      <h2>{t('chooseCounter')}</h2>
      <p className="soft">{t('chooseCounterHint')}</p>
      <ul>
        {queue.counters.map((counter) => (
          <li key={counter.number}>
            <span className="choose-number">{counter.number}</span>
            <span className="choose-name">
              <strong>{counter.name}</strong>
              <span className="soft">
                {t(`counter_${counter.state}`)}
                {counter.state !== 'closed' && counter.officer ? `. ${who(counter)}` : ''}
              </span>
            </span>
            <button
              type="button"
              className="button blue"
              disabled={running || taken(counter)}
              aria-label={`${word(counter)}: ${t('counterNumber', { number: counter.number })}`}
              onClick={() => void choose(counter)}
            >
              {word(counter)}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function CounterMenu({ counter, onChange }: { counter: Counter; onChange: () => void }) {
  const t = useText();
  const { api, absorb, chooseCounter } = useDesk();
  const { run, running } = useRun();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState<PauseReason>('short_break');
  return (
    <div className="counter-menu">
      <strong>{t('counterNumber', { number: counter.number })}</strong>
      <span className={`badge ${counter.state}`}>{t(`counter_${counter.state}`)}</span>
      {counter.state === 'open' ? (
        <button type="button" className="head-button" disabled={running} onClick={() => setAsking(true)}>
          {t('pauseCounter')}
        </button>
      ) : (
        <button
          type="button"
          className="head-button"
          disabled={running}
          onClick={() => void run(async () => absorb(await api.openCounter(counter.number)))}
        >
          {counter.state === 'paused' ? t('continueCounter') : t('openCounter')}
        </button>
      )}
      {counter.state !== 'closed' ? (
        <button
          type="button"
          className="head-button"
          disabled={running}
          onClick={() => void run(async () => absorb(await api.closeCounter(counter.number)))}
        >
          {t('closeCounter')}
        </button>
      ) : null}
      <button
        type="button"
        className="head-button"
        onClick={() => {
          // Not every page has the list of counters.
          onChange();
          chooseCounter(null);
        }}
      >
        {t('changeCounter')}
      </button>
      {asking ? (
        <Dialog
          title={t('pauseWhy')}
          confirm={t('pauseCounter')}
          busy={running}
          onClose={() => setAsking(false)}
          onConfirm={() =>
            void run(async () => {
              absorb(await api.pauseCounter(counter.number, reason));
              setAsking(false);
            })
          }
        >
          <div role="radiogroup" aria-label={t('pauseWhy')} className="choices">
            {PAUSE_REASONS.map((one) => (
              <label key={one}>
                <input type="radio" name="pause" checked={reason === one} onChange={() => setReason(one)} />
                <span>{t(`pause_${one}`)}</span>
              </label>
            ))}
          </div>
        </Dialog>
      ) : null}
    </div>
  );
}
