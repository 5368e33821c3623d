/** An officer books a time for a citizen who comes back, or gives the number of a booking by its code. */
import { useMemo, useState } from 'react';
import { requestKey } from '../api/client';
import type { Booking } from '../api/types';
import { BOOKING_CODE_LENGTH, bookingLetters, bookingShown } from '../shared/booking';
import { clock, date, dateTimeField } from '../shared/format';
import { problemText } from '../shared/problem';
import { useResource } from '../shared/useResource';
import { useLang } from '../text/text';
import { useDesk } from './context';
import { Dialog } from './Dialog';
import { useText } from './text';
import { useRun } from './useRun';

type What = 'book' | 'arrive' | 'cancel';

export function BookingDialog({ onClose }: { onClose: () => void }) {
  const t = useText();
  const lang = useLang();
  const { api, epoch, tell } = useDesk();
  const { run, running } = useRun();
  const [what, setWhat] = useState<What>('book');
  const [service, setService] = useState('');
  const [day, setDay] = useState(() => dateTimeField(Date.now()).slice(0, 10));
  const [from, setFrom] = useState('');
  const [code, setCode] = useState('');
  const [made, setMade] = useState<Booking | null>(null);
  const offer = useResource(() => api.services(), String(epoch));
  const slots = useResource(
    () => (service && day ? api.bookingSlots(service, day) : Promise.resolve({ slots: [] })),
    `${epoch} ${service} ${day}`,
  );
  // One choice is one booking, however often its key is pressed.
  const key = useMemo(() => requestKey(), [what, service, from, code]);
  const free = (slots.data?.slots ?? []).filter((slot) => slot.left > 0);

  const confirm = () => {
    if (made) return onClose();
    void run(async () => {
      if (what === 'book') {
        setMade((await api.book(service, from, key)).booking);
      } else if (what === 'arrive') {
        const given = await api.arrive(code, key);
        tell(t('doneIssued', { label: given.ticket.label }));
        onClose();
      } else {
        const { booking } = await api.cancelBooking(code, key);
        tell(t('bookingCancelled', { code: booking.code }));
        onClose();
      }
    });
  };
  const ready = what === 'book' ? service !== '' && from !== '' : code.length === BOOKING_CODE_LENGTH;
  if (made)
    return (
      <Dialog title={t('bookingMade')} confirm={t('bookingDone')} onConfirm={confirm} onClose={onClose}>
        <p role="status">
          <strong className="booking-code">{made.code}</strong>
        </p>
        <p>{t('bookingTell', { from: clock(made.from), to: clock(made.to), day: date(made.from) })}</p>
      </Dialog>
    );
  return (
    <Dialog
      title={t('bookings')}
      confirm={t(what === 'book' ? 'bookingBook' : what === 'arrive' ? 'issueNumber' : 'bookingCancel')}
      danger={what === 'cancel'}
      busy={running || !ready}
      onConfirm={confirm}
      onClose={onClose}
    >
      <fieldset className="choices">
        <legend>{t('bookingWhat')}</legend>
        {(['book', 'arrive', 'cancel'] as const).map((one) => (
          <label key={one}>
            <input type="radio" name="what" checked={what === one} onChange={() => setWhat(one)} />
            <span>{t(`bookingWhat_${one}`)}</span>
          </label>
        ))}
      </fieldset>
      {what === 'book' ? (
        <>
          <label className="field">
            <span>{t('colService')}</span>
            <select
              value={service}
              onChange={(event) => {
                setService(event.target.value);
                setFrom('');
              }}
            >
              <option value="">{t('bookingChoose')}</option>
              {(offer.data ?? []).map((one) => (
                <option key={one.code} value={one.code}>
                  {lang === 'vi' ? one.name_vi : one.name_en}
                </option>
              ))}
            </select>
          </label>
          <label className="field">
            <span>{t('bookingDay')}</span>
            <input
              type="date"
              value={day}
              onChange={(event) => {
                setDay(event.target.value);
                setFrom('');
              }}
            />
          </label>
          <label className="field">
            <span>{t('bookingTime')}</span>
            <select value={from} disabled={free.length === 0} onChange={(event) => setFrom(event.target.value)}>
              <option value="">{t('bookingChoose')}</option>
              {free.map((slot) => (
                <option key={slot.from} value={slot.from}>
                  {t('bookingSlot', { from: clock(slot.from), to: clock(slot.to), left: slot.left })}
                </option>
              ))}
            </select>
          </label>
          {service && !slots.loading && free.length === 0 && !slots.problem ? (
            <p className="warn-line" role="status">
              {t('bookingNoTime')}
            </p>
          ) : null}
          {slots.problem ? <p role="alert">{problemText(slots.problem, lang, t)}</p> : null}
        </>
      ) : (
        <label className="field">
          <span>{t('bookingCodeField')}</span>
          <input
            autoComplete="off"
            spellCheck={false}
            value={bookingShown(code)}
            onChange={(event) => setCode(bookingLetters(event.target.value))}
          />
        </label>
      )}
    </Dialog>
  );
}
