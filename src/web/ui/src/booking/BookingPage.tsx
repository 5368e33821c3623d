/** The province's public page: a time at a center, or a number from afar for today; by its code it is looked at and given back. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { createClient, newKey } from '../api/client';
import { hubApi, type HubApi } from '../api/hub';
import type { BookingPlace, BookingShown } from '../api/types';
import { BOOKING_CODE_LENGTH, bookingLetters, bookingShown } from '../shared/booking';
import { clock, dateTimeField, longDate } from '../shared/format';
import { problemText } from '../shared/problem';
import { useResource } from '../shared/useResource';
import { LanguageScope, useLang, type Lang } from '../text/text';
import { useText } from './text';

const DAY_MS = 86_400_000;
const today = () => dateTimeField(Date.now()).slice(0, 10);

/** A code in the address behind `#`: that part goes to no server, and so stands in no log. */
const codeInAddress = () => {
  const code = location.hash ? bookingLetters(location.hash) : '';
  return code.length === BOOKING_CODE_LENGTH ? code : '';
};

export function BookingPage() {
  const [lang, setLang] = useState<Lang>('vi');
  useEffect(() => {
    document.documentElement.lang = lang;
  }, [lang]);
  return (
    <LanguageScope lang={lang}>
      <Page onLanguage={() => setLang(lang === 'vi' ? 'en' : 'vi')} />
    </LanguageScope>
  );
}

function Page({ onLanguage }: { onLanguage: () => void }) {
  const t = useText();
  const lang = useLang();
  const api = useMemo(() => hubApi(createClient()), []);
  const [shown, setShown] = useState<BookingShown | null>(null);
  return (
    <div className="booking">
      <header className="booking-head">
        <h1>{t('title')}</h1>
        <button type="button" className="plain" lang={lang === 'vi' ? 'en' : 'vi'} onClick={onLanguage}>
          {t('otherLanguage')}
        </button>
      </header>
      <main>
        {shown ? (
          <Shown api={api} shown={shown} onChange={setShown} onBack={() => setShown(null)} />
        ) : (
          <>
            <p>{t('lead')}</p>
            <NewBooking api={api} onMade={setShown} />
            <ByCode api={api} onFound={setShown} />
          </>
        )}
      </main>
    </div>
  );
}

/** One request at a time, and what went wrong with the last one. */
function useSend() {
  const busy = useRef(false);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const send = async (act: () => Promise<void>) => {
    if (busy.current) return;
    busy.current = true;
    setSending(true);
    setProblem(null);
    try {
      await act();
    } catch (found) {
      setProblem(found);
    } finally {
      busy.current = false;
      setSending(false);
    }
  };
  return { send, sending, problem };
}

function Trouble({ problem }: { problem: unknown }) {
  const t = useText();
  const lang = useLang();
  return problem ? (
    <p className="trouble" role="alert">
      {problemText(problem, lang, t)}
    </p>
  ) : null;
}

function NewBooking({ api, onMade }: { api: HubApi; onMade: (made: BookingShown) => void }) {
  const t = useText();
  const lang = useLang();
  const places = useResource(() => api.bookingPlaces(), '');
  const [node, setNode] = useState('');
  const [service, setService] = useState('');
  const [remote, setRemote] = useState(false);
  const [day, setDay] = useState(today);
  const [from, setFrom] = useState('');
  const { send, sending, problem } = useSend();
  const all = places.data ?? [];
  const units = [...new Map(all.map((place) => [place.node, place.unit_name]))];
  const here = all.filter((place) => place.node === node);
  const place: BookingPlace | undefined = here.find((one) => one.service === service);
  const slots = useResource(
    () => (place && !remote && day ? api.bookingSlots(place.node, place.service, day) : Promise.resolve([])),
    `${node} ${service} ${remote} ${day}`,
  );
  const free = (slots.data ?? []).filter((slot) => slot.left > 0);
  // One choice is one booking, however often its key is pressed.
  const key = useMemo(() => newKey(), [node, service, remote, from]);
  const ready = place !== undefined && (remote || from !== '');

  if (places.data && all.length === 0) return <p role="status">{t('noPlace')}</p>;
  return (
    <form
      className="booking-card"
      onSubmit={(event) => {
        event.preventDefault();
        if (place && ready) void send(async () => onMade(await api.book(place.node, place.service, remote ? null : from, key)));
      }}
    >
      <h2>{t('newBooking')}</h2>
      <Trouble problem={places.problem} />
      <label>
        <span>{t('unit')}</span>
        <select
          value={node}
          onChange={(event) => {
            setNode(event.target.value);
            setService('');
            setFrom('');
          }}
        >
          <option value="">{t('choose')}</option>
          {units.map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{t('service')}</span>
        <select
          value={service}
          disabled={here.length === 0}
          onChange={(event) => {
            setService(event.target.value);
            setFrom('');
          }}
        >
          <option value="">{t('choose')}</option>
          {here.map((one) => (
            <option key={one.service} value={one.service}>
              {lang === 'vi' ? one.name_vi : one.name_en}
            </option>
          ))}
        </select>
      </label>
      <fieldset>
        <legend>{t('kind')}</legend>
        <label className="choice">
          <input type="radio" name="kind" checked={!remote} onChange={() => setRemote(false)} />
          <span>{t('kindTime')}</span>
        </label>
        <label className="choice">
          <input type="radio" name="kind" checked={remote} onChange={() => setRemote(true)} />
          <span>{t('kindRemote')}</span>
        </label>
      </fieldset>
      {remote ? null : (
        <>
          <label>
            <span>{t('day')}</span>
            <input
              type="date"
              value={day}
              min={today()}
              max={dateTimeField(Date.now() + (place?.days_ahead ?? 0) * DAY_MS).slice(0, 10)}
              onChange={(event) => {
                setDay(event.target.value);
                setFrom('');
              }}
            />
          </label>
          <label>
            <span>{t('time')}</span>
            <select value={from} disabled={free.length === 0} onChange={(event) => setFrom(event.target.value)}>
              <option value="">{t('choose')}</option>
              {free.map((slot) => (
                <option key={slot.from} value={slot.from}>
                  {t('slot', { from: clock(slot.from), to: clock(slot.to), left: slot.left })}
                </option>
              ))}
            </select>
          </label>
          {place && slots.data && !slots.loading && free.length === 0 ? <p role="status">{t('noTime')}</p> : null}
          <Trouble problem={slots.problem} />
        </>
      )}
      <Trouble problem={problem} />
      <button type="submit" className="main" disabled={!ready || sending}>
        {t('book')}
      </button>
    </form>
  );
}

function ByCode({ api, onFound }: { api: HubApi; onFound: (found: BookingShown) => void }) {
  const t = useText();
  const [code, setCode] = useState(codeInAddress);
  const { send, sending, problem } = useSend();
  return (
    <form
      className="booking-card"
      onSubmit={(event) => {
        event.preventDefault();
        void send(async () => onFound(await api.booking(code)));
      }}
    >
      <h2>{t('haveCode')}</h2>
      <label>
        <span>{t('code')}</span>
        <input
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          value={bookingShown(code)}
          onChange={(event) => setCode(bookingLetters(event.target.value))}
        />
      </label>
      <Trouble problem={problem} />
      <button type="submit" className="main" disabled={sending || code.length !== BOOKING_CODE_LENGTH}>
        {t('look')}
      </button>
    </form>
  );
}

const SAID = ['too_late', 'arrived', 'missed', 'cancelled'] as const;

function Shown({
  api,
  shown,
  onChange,
  onBack,
}: {
  api: HubApi;
  shown: BookingShown;
  onChange: (after: BookingShown) => void;
  onBack: () => void;
}) {
  const t = useText();
  const lang = useLang();
  const [asking, setAsking] = useState(false);
  const { send, sending, problem } = useSend();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const other = SAID.find((state) => state === shown.state);
  const open = shown.state === 'booked' || shown.state === 'too_late';
  const state =
    shown.ticket_state === 'completed'
      ? t('state_served')
      : other
        ? t(`state_${other}`)
        : t(shown.at_center ? 'state_booked' : 'state_sent');
  return (
    <section className="booking-card">
      <h2 tabIndex={-1} ref={heading}>
        {t('yourCode')}
      </h2>
      <p className="booking-code">{shown.code}</p>
      <p>
        <strong>{shown.unit_name}</strong>
        <br />
        {lang === 'vi' ? shown.name_vi : shown.name_en}
        <br />
        {t('when', { from: clock(shown.from), to: clock(shown.to), day: longDate(shown.from, lang) })}
      </p>
      <p role="status">
        {state} {shown.ticket_label ? t('number', { label: shown.ticket_label }) : ''}
      </p>
      {open ? <p>{t('keepCode')}</p> : null}
      <Trouble problem={problem} />
      {asking ? (
        <div className="booking-actions" role="alertdialog" aria-label={t('giveBackAsk')}>
          <p>{t('giveBackAsk')}</p>
          <button
            type="button"
            className="plain"
            disabled={sending}
            onClick={() =>
              void send(async () => {
                onChange(await api.giveBookingBack(shown.code));
                setAsking(false);
              })
            }
          >
            {t('giveBackYes')}
          </button>
          <button type="button" className="main" onClick={() => setAsking(false)}>
            {t('giveBackNo')}
          </button>
        </div>
      ) : (
        <div className="booking-actions">
          {open ? (
            <button type="button" className="plain" onClick={() => setAsking(true)}>
              {t('giveBack')}
            </button>
          ) : null}
          <button type="button" className="main" onClick={onBack}>
            {t('back')}
          </button>
        </div>
      )}
    </section>
  );
}
