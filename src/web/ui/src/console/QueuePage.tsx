import { useState } from 'react';
import type { Ticket } from '../api/types';
import { date, duration } from '../shared/format';
import { useLang } from '../text/text';
import { BookingDialog } from './BookingDialog';
import { CallHistory } from './CallHistory';
import { useDesk } from './context';
import { Dialog } from './Dialog';
import { IssueDialog } from './IssueDialog';
import { named, onTheWay } from './NextServicesDialog';
import { heldHere, TicketBar } from './TicketBar';
import { useText } from './text';
import { useRun } from './useRun';

const calledAt = (ticket: Ticket) => ticket.last_called_at ?? ticket.called_at ?? '';
const byCall = (a: Ticket, b: Ticket) => calledAt(b).localeCompare(calledAt(a));

export function QueuePage() {
  const t = useText();
  const lang = useLang();
  const { api, counter, queue, services, absorb, tell, now } = useDesk();
  const { run, running } = useRun();
  const [all, setAll] = useState(false);
  const [cancelling, setCancelling] = useState<Ticket | null>(null);
  const [issuing, setIssuing] = useState(false);
  const [booking, setBooking] = useState(false);
  if (!counter || !queue) return null;

  const { tickets } = queue;
  // The same rule by which the next call is chosen: what was passed on to another counter waits for that one.
  const keptFor = (ticket: Ticket) =>
    queue.counters.some((one) => one.number === ticket.for_counter && one.state !== 'closed') ? (ticket.for_counter ?? null) : null;
  const mine = (ticket: Ticket) => (keptFor(ticket) === null ? counter.services.includes(ticket.service) : keptFor(ticket) === counter.number);
  const waiting = tickets.filter((ticket) => ticket.state === 'waiting' && (all || mine(ticket)));
  const held = heldHere(tickets, counter.number);
  const missed = tickets.filter((ticket) => ticket.state === 'no_show' && ticket.counter === counter.number).sort(byCall);
  const name = (code: string) => {
    const found = services.find((service) => service.code === code);
    return found ? (lang === 'vi' ? found.name_vi : found.name_en) : code;
  };
  const reprint = (ticket: Ticket) =>
    void run(async () => {
      await api.reprint(ticket.id);
      tell(t('doneReprint', { label: ticket.label }));
    });

  const cancelKey = (ticket: Ticket) => (
    <button
      type="button"
      className="link danger"
      disabled={running}
      aria-label={`${t('cancelTicket')} ${ticket.label}`}
      onClick={() => setCancelling(ticket)}
    >
      {t('cancelTicket')}
    </button>
  );

  return (
    <>
      <TicketBar />
      <div className="queue">
        <section className="card">
          <div className="card-head">
            <h2>
              {t('waitingList')} <span className="count">{waiting.length}</span>
            </h2>
            <button type="button" className="link" onClick={() => setBooking(true)}>
              {t('bookings')}
            </button>
            <button type="button" className="link" onClick={() => setIssuing(true)}>
              {t('issueNumber')}
            </button>
            <div className="segments" role="group" aria-label={t('colService')}>
              <button type="button" aria-pressed={!all} onClick={() => setAll(false)}>
                {t('myServices')}
              </button>
              <button type="button" aria-pressed={all} onClick={() => setAll(true)}>
                {t('allServices')}
              </button>
            </div>
          </div>
          {waiting.length === 0 ? (
            <p className="empty">{t('nobodyWaiting')}</p>
          ) : (
            <table>
              <thead>
                <tr>
                  <th scope="col">{t('colNumber')}</th>
                  <th scope="col">{t('colService')}</th>
                  <th scope="col">{t('colClass')}</th>
                  <th scope="col">{t('colWaited')}</th>
                  <th scope="col">{t('colSlip')}</th>
                  <th scope="col">{t('colAction')}</th>
                </tr>
              </thead>
              <tbody>
                {waiting.map((ticket) => (
                  <tr key={ticket.id}>
                    <th scope="row" className="label">
                      {ticket.label}
                    </th>
                    <td>
                      {name(ticket.service)}
                      {ticket.carried_to ? <span className="badge">{t('carriedBadge')}</span> : null}
                      {onTheWay(ticket).length === 0 ? null : (
                        <span className="row-way">{t('stillToVisit', { names: named(onTheWay(ticket), services, lang) })}</span>
                      )}
                      {ticket.returned_from ? <span className="badge">{t('returned', { number: ticket.returned_from })}</span> : null}
                      {keptFor(ticket) === null ? null : <span className="badge">{t('keptFor', { number: keptFor(ticket) ?? 0 })}</span>}
                    </td>
                    <td>
                      {ticket.class === 'priority' ? <span className="badge priority">{t('priority')}</span> : t('regular')}
                    </td>
                    <td>{duration((now - Date.parse(ticket.queued_at)) / 1000, lang)}</td>
                    <td className={ticket.printed === 'failed' ? 'bad' : 'soft'}>{t(`printed_${ticket.printed}`)}</td>
                    <td className="row-actions">
                      <button type="button" className="link" disabled={running} aria-label={`${t('reprint')} ${ticket.label}`} onClick={() => reprint(ticket)}>
                        {t('reprint')}
                      </button>
                      {cancelKey(ticket)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          {queue.more ? <p className="soft">{t('moreWaiting', { count: queue.more })}</p> : null}
          {queue.closed_before ? (
            <p className="soft">{t('closedBefore', { day: date(queue.closed_before.day), count: queue.closed_before.count })}</p>
          ) : null}
          {queue.carried ? <p className="soft">{t('carriedOver', { count: queue.carried })}</p> : null}
        </section>
        <div className="queue-side">
          <section className="card">
            <h2>
              {t('held')} <span className="count">{held.length}</span>
            </h2>
            {held.length === 0 ? <p className="empty">{t('nobodyHeld')}</p> : null}
            <ul className="short-list">
              {held.map((ticket) => (
                <li key={ticket.id}>
                  <strong className="label">{ticket.label}</strong>
                  <button
                    type="button"
                    className="link"
                    disabled={running || counter.current !== null || counter.state === 'closed'}
                    aria-label={`${t('resume')} ${ticket.label}`}
                    onClick={() => void run(async () => absorb(await api.resume(counter.number, ticket.id)))}
                  >
                    {t('resume')}
                  </button>
                  {cancelKey(ticket)}
                </li>
              ))}
            </ul>
          </section>
          <section className="card">
            <h2>
              {t('missed')} <span className="count">{missed.length}</span>
            </h2>
            {missed.length === 0 ? <p className="empty">{t('nobodyMissed')}</p> : null}
            <ul className="short-list">
              {missed.map((ticket) => (
                <li key={ticket.id}>
                  <strong className="label">{ticket.label}</strong>
                  {ticket.return_used ? (
                    <span className="soft">{t('returnUsed')}</span>
                  ) : (
                    <button
                      type="button"
                      className="link"
                      disabled={running}
                      aria-label={`${t('putBack')} ${ticket.label}`}
                      onClick={() =>
                        void run(async () => {
                          await api.returnTicket(ticket.id);
                          tell(t('doneReturned', { label: ticket.label }));
                        })
                      }
                    >
                      {t('putBack')}
                    </button>
                  )}
                </li>
              ))}
            </ul>
          </section>
          <CallHistory counter={counter.number} service={name} />
        </div>
      </div>
      {booking ? <BookingDialog onClose={() => setBooking(false)} /> : null}
      {issuing ? <IssueDialog onClose={() => setIssuing(false)} /> : null}
      {cancelling ? <CancelDialog ticket={cancelling} onClose={() => setCancelling(null)} /> : null}
    </>
  );
}

function CancelDialog({ ticket, onClose }: { ticket: Ticket; onClose: () => void }) {
  const t = useText();
  const { api, tell } = useDesk();
  const { run, running } = useRun();
  const [reason, setReason] = useState('');
  return (
    <Dialog
      title={t('cancelTicketAsk', { label: ticket.label })}
      confirm={t('cancelTicket')}
      danger
      busy={running}
      onClose={onClose}
      onConfirm={() =>
        void run(async () => {
          await api.cancelTicket(ticket.id, reason.normalize('NFC').trim());
          tell(t('doneCancelled', { label: ticket.label }));
          onClose();
        })
      }
    >
      <label className="field">
        <span>{t('cancelWhy')}</span>
        <input value={reason} maxLength={200} onChange={(event) => setReason(event.target.value)} />
      </label>
    </Dialog>
  );
}
