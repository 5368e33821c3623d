import { useState } from 'react';
import type { Counter, PauseReason, Ticket } from '../api/types';
import { LoadingNotice, Notice } from '../shared/Notice';
import { useDesk } from './context';
import { Dialog } from './Dialog';
import { heldHere } from './TicketBar';
import { useText } from './text';
import { useRun } from './useRun';

const PAUSE_REASONS: PauseReason[] = ['short_break', 'meeting', 'equipment', 'paper_work', 'other'];

/** The numbers that keep a counter from being closed: the one that is there, and those on hold. */
export function leftAt(tickets: Ticket[], counter: Counter): string[] {
  const here = tickets.filter((ticket) => ticket.id === counter.current);
  return [...here, ...heldHere(tickets, counter.number)].map((ticket) => ticket.label);
}

export function ChooseCounter() {
  const t = useText();
  const { api, officer, queue, chooseCounter, absorb } = useDesk();
  const { run, running } = useRun();
  const [freeing, setFreeing] = useState<Counter | null>(null);
  if (!queue) return <LoadingNotice />;
  if (queue.counters.length === 0) return <Notice title={t('noCounters')} />;
  const choose = (counter: Counter) =>
    run(async () => {
      if (counter.state === 'closed') absorb(await api.openCounter(counter.number));
      chooseCounter(counter.number);
    });
  /** Somebody else works there: only the head may do something about it. */
  const taken = (counter: Counter) => counter.state !== 'closed' && counter.officer !== officer.id;
  /** As at the server: who is not bound to an own counter may act at each, also when its officer has gone home. */
  const mayFree = officer.role !== 'officer';
  const who = (counter: Counter) => {
    if (!taken(counter)) return t('takenBy', { name: officer.name });
    return counter.officer_name ? t('takenByNamedWhy', { name: counter.officer_name }) : t('takenByOtherWhy');
  };
  const word = (counter: Counter) =>
    counter.state === 'closed' ? t('openCounter') : taken(counter) ? (mayFree ? t('closeCounter') : t('takenByOther')) : t('useCounter');
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
              className={taken(counter) ? 'button' : 'button blue'}
              disabled={running || (taken(counter) && !mayFree)}
              aria-label={`${word(counter)}: ${t('counterNumber', { number: counter.number })}`}
              onClick={() => (taken(counter) ? setFreeing(counter) : void choose(counter))}
            >
              {word(counter)}
            </button>
          </li>
        ))}
      </ul>
      {freeing ? <FreeDialog counter={freeing} onClose={() => setFreeing(null)} /> : null}
    </section>
  );
}

/** The head closes a counter whose officer left it open. Numbers that are left there come first: they are finished at that counter. */
function FreeDialog({ counter, onClose }: { counter: Counter; onClose: () => void }) {
  const t = useText();
  const { api, queue, absorb, chooseCounter, tell } = useDesk();
  const { run, running } = useRun();
  const left = leftAt(queue?.tickets ?? [], queue?.counters.find((one) => one.number === counter.number) ?? counter);
  const busy = left.length > 0;
  return (
    <Dialog
      title={t('freeAsk', { number: counter.number })}
      confirm={t(busy ? 'useCounter' : 'closeCounter')}
      busy={running}
      onClose={onClose}
      onConfirm={() => {
        if (busy) return chooseCounter(counter.number);
        void run(async () => {
          absorb(await api.closeCounter(counter.number));
          tell(t('doneClosed', { number: counter.number }));
          onClose();
        });
      }}
    >
      <p>{counter.officer_name ? t('freeNamed', { name: counter.officer_name }) : t('freeOther')}</p>
      {busy ? <p className="missing">{t('freeLeft', { labels: left.join(', ') })}</p> : null}
    </Dialog>
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
