/** The number at this counter and what can be done with it, by button and by key, on every page. */
import { useEffect, useRef, useState } from 'react';
import type { Called, Ticket } from '../api/types';
import { duration } from '../shared/format';
import { useLang } from '../text/text';
import { useDesk } from './context';
import { GoOnDialog } from './GoOnDialog';
import { goesOnHere, named, NextServicesDialog, onTheWay } from './NextServicesDialog';
import { useText } from './text';
import { TransferDialog } from './TransferDialog';
import { useRun } from './useRun';

type Verb = 'callNext' | 'recall' | 'begin' | 'hold' | 'resume' | 'transfer' | 'complete' | 'noShow';

/** Function keys, because letters are being typed in the forms and pass through an input method. */
const KEYS: [Verb, string][] = [
  ['callNext', 'F2'],
  ['recall', 'F3'],
  ['begin', 'F4'],
  ['hold', 'F6'],
  ['resume', 'F7'],
  ['transfer', 'F8'],
  ['complete', 'F9'],
  ['noShow', 'F10'],
];
const COLOUR: Record<Verb, string> = {
  callNext: 'blue',
  recall: '',
  begin: 'green',
  hold: 'amber',
  resume: '',
  transfer: '',
  complete: 'green',
  noShow: 'red',
};

/** The oldest number that this counter put on hold: that person waits longest beside the counter. */
export function heldHere(tickets: Ticket[], counter: number): Ticket[] {
  return tickets
    .filter((ticket) => ticket.state === 'on_hold' && ticket.counter === counter)
    .sort((a, b) => (a.called_at ?? '').localeCompare(b.called_at ?? ''));
}

export function allowed(state: Ticket['state'] | null, open: boolean, anyHeld: boolean): Record<Verb, boolean> {
  const called = state === 'called';
  const serving = state === 'serving';
  return {
    callNext: open && state === null,
    recall: called,
    begin: called,
    hold: serving,
    resume: open && state === null && anyHeld,
    transfer: called || serving,
    complete: serving,
    noShow: called,
  };
}

export function TicketBar({ compact }: { compact?: boolean }) {
  const t = useText();
  const lang = useLang();
  const { api, counter, current, queue, services, absorb, tell, now } = useDesk();
  const { run, running } = useRun();
  const [transferring, setTransferring] = useState(false);
  // Each for one number: when another one stands here, the question is gone.
  const [adding, setAdding] = useState<string | null>(null);
  const [finishing, setFinishing] = useState<string | null>(null);
  const number = counter?.number ?? 0;
  const held = queue ? heldHere(queue.tickets, number) : [];
  const can = allowed(current?.state ?? null, counter?.state === 'open', held.length > 0);

  const putBack = (ticket: Ticket) => ({
    label: t('putBack'),
    run: () =>
      void run(async () => {
        await api.returnTicket(ticket.id);
        tell(t('doneReturned', { label: ticket.label }));
      }),
  });
  const command: Record<Verb, () => Promise<unknown>> = {
    callNext: () => take(api.callNext(number)),
    recall: () => take(api.recall(number)),
    begin: () => take(api.begin(number)),
    hold: async () => {
      const ticket = current;
      await take(api.hold(number));
      if (ticket) {
        tell(t('doneHeld', { label: ticket.label }), { label: t('resume'), run: () => void run(async () => void (await take(api.resume(number, ticket.id)))) });
      }
    },
    resume: () => (held[0] ? take(api.resume(number, held[0].id)) : Promise.resolve()),
    transfer: async () => setTransferring(true),
    complete: async () => {
      const here = counter && current ? goesOnHere(current, counter) : null;
      if (current && here) setFinishing(current.id);
      else await finish();
    },
    noShow: async () => {
      const ticket = current;
      await take(api.noShow(number));
      if (ticket) tell(t('doneNoShow', { label: ticket.label }), ticket.return_used ? undefined : putBack(ticket));
    },
  };
  /** A key that came while the last command was under way: it counts if it still makes sense then. */
  const early = useRef<Verb | null>(null);
  const press = (verb: Verb) => {
    if (running) early.current = verb;
    else if (can[verb]) void run(async () => void (await command[verb]()));
  };
  useKeys(press);
  useEffect(() => {
    const verb = early.current;
    if (running || !verb) return;
    early.current = null;
    press(verb);
  });

  if (!counter) return null;
  const word: Record<Verb, string> = {
    callNext: t('callNext'),
    recall: t('recall'),
    begin: t('begin'),
    hold: t('hold'),
    resume: t('resume'),
    transfer: t('transfer'),
    complete: t('complete'),
    noShow: t('noShow'),
  };
  const since = current?.state === 'serving' ? current.begun_at : (current?.last_called_at ?? current?.called_at);
  return (
    <section className={compact ? 'ticket-bar compact' : 'ticket-bar'} aria-label={t('counterNumber', { number })}>
      <div className="ticket-now" aria-live="polite">
        {current ? (
          <>
            <strong className="ticket-label">{current.label}</strong>
            <span className="ticket-facts">
              <span>
                <span className={`badge ${current.state}`}>{t(`state_${current.state}`)}</span>{' '}
                {current.class === 'priority' ? <span className="badge priority">{t('priority')}</span> : null}{' '}
                {since ? <span className="soft">{duration((now - Date.parse(since)) / 1000, lang)}</span> : null}{' '}
                {current.recall_count > 0 ? <span className="soft">{t('recalledTimes', { count: current.recall_count })}</span> : null}
              </span>
              {onTheWay(current).length > 0 || current.return_to ? (
                <span className="ticket-way">
                  {onTheWay(current).length > 0 ? t('stillToVisit', { names: named(onTheWay(current), services, lang) }) : null}{' '}
                  {current.return_to ? <span className="badge">{t('returnsTo', { number: current.return_to })}</span> : null}
                </span>
              ) : null}
              {current.call_reason ? (
                <span className="why">
                  <span className="soft">{t('whyCalled')}: </span>
                  {lang === 'vi' ? current.call_reason.sentence : current.call_reason.sentence_en}
                </span>
              ) : null}
            </span>
          </>
        ) : (
          <span className="ticket-facts">
            <strong>{t('nobodyHere')}</strong>
            <span className="soft">
              {counter.state === 'open'
                ? t('nobodyHereHint')
                : counter.state === 'paused'
                  ? t('counterPausedHint', { reason: t(`pause_${counter.pause_reason ?? 'other'}`) })
                  : t('counterClosedHint')}
            </span>
          </span>
        )}
      </div>
      <div className="ticket-keys">
        {KEYS.filter(([verb]) => !compact || can[verb]).map(([verb, key]) => (
          <button
            key={verb}
            type="button"
            className={`button ${COLOUR[verb]}`}
            disabled={!can[verb] || running}
            aria-keyshortcuts={key}
            onClick={() => press(verb)}
          >
            <span>{word[verb]}</span>
            <kbd>{key}</kbd>
          </button>
        ))}
        {current && !compact ? (
          <button type="button" className="button" disabled={running} onClick={() => setAdding(current.id)}>
            {t('nextServices')}
          </button>
        ) : null}
      </div>
      {current && adding === current.id ? <NextServicesDialog ticket={current} onClose={() => setAdding(null)} /> : null}
      {current && finishing === current.id && counter && goesOnHere(current, counter) ? (
        <GoOnDialog ticket={current} next={goesOnHere(current, counter) ?? ''} finish={finish} onClose={() => setFinishing(null)} />
      ) : null}
      {transferring && current ? <TransferDialog ticket={current} onClose={() => setTransferring(false)} /> : null}
    </section>
  );

  /** The present service is done: over, or on its way to the next one or back to who passed it on. */
  async function finish(): Promise<void> {
    const label = current?.label ?? '';
    const after = await take(api.complete(number));
    if (after?.state !== 'waiting') tell(t('doneCompleted', { label }));
    else if (after.for_counter) tell(t('doneReturning', { label, number: after.for_counter }));
    else tell(t('doneToNext', { label, name: named([after.service], services, lang) }));
  }

  async function take(answer: Promise<Called>): Promise<Ticket | null | undefined> {
    const { counter: after, ticket, reason } = await answer;
    absorb({ counter: after, ticket: ticket && reason ? { ...ticket, call_reason: reason } : ticket });
    return ticket;
  }
}

/** A key held down repeats itself; only its first press counts. With a dialog open the keys rest. */
function useKeys(press: (verb: Verb) => void): void {
  const latest = useRef(press);
  latest.current = press;
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
      const found = KEYS.find(([, key]) => key === event.key);
      if (!found) return;
      event.preventDefault();
      if (event.repeat || document.querySelector('dialog[open]')) return;
      latest.current(found[0]);
    };
    addEventListener('keydown', down);
    return () => removeEventListener('keydown', down);
  }, []);
}
