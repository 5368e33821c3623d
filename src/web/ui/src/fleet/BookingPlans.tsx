/** What can be booked at the public page: one row for each center and service group, written by heads. */
import { useState } from 'react';
import type { HubApi } from '../api/hub';
import type { BookingPlan, NodeRow } from '../api/types';
import { problemText } from '../shared/problem';
import { useResource } from '../shared/useResource';
import { useLang } from '../text/text';
import { useText } from './text';

const EMPTY: BookingPlan = {
  node: '',
  service: '',
  name_vi: '',
  name_en: '',
  sessions: [
    { from: '07:30', to: '11:30' },
    { from: '13:30', to: '17:00' },
  ],
  slot_min: 30,
  per_slot: 2,
  days_ahead: 14,
  also_days_off: false,
};

/** `07:30-11:30 13:30-17:00`; what cannot be read is refused by the hub. */
const sessionsOf = (text: string) =>
  text
    .trim()
    .split(/\s+/)
    .map((one) => {
      const [from = '', to = ''] = one.split(/[-–]/);
      return { from, to };
    });
const sessionsText = (plan: BookingPlan) => plan.sessions.map((one) => `${one.from}-${one.to}`).join(' ');

export function BookingPlans({ api, epoch, nodes }: { api: HubApi; epoch: number; nodes: NodeRow[] }) {
  const t = useText();
  const lang = useLang();
  const plans = useResource(() => api.bookingPlans(), String(epoch));
  const [plan, setPlan] = useState<BookingPlan | null>(null);
  const [sessions, setSessions] = useState('');
  const [said, setSaid] = useState<{ kind: 'good' | 'problem'; text: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const unit = (node: string) => nodes.find((row) => row.node === node)?.place_name ?? node;
  const edit = (given: BookingPlan) => {
    setPlan(given);
    setSessions(sessionsText(given));
    setSaid(null);
  };
  const save = async (given: BookingPlan) => {
    setBusy(true);
    try {
      await api.setBookingPlan({ ...given, sessions: sessionsOf(sessions) });
      setPlan(null);
      setSaid({ kind: 'good', text: t('planSaved') });
      plans.reload();
    } catch (problem) {
      setSaid({ kind: 'problem', text: problemText(problem, lang, t) });
    } finally {
      setBusy(false);
    }
  };
  const text = (key: 'service' | 'name_vi' | 'name_en', label: string) =>
    plan ? (
      <label className="field">
        <span>{label}</span>
        <input value={plan[key]} onChange={(event) => setPlan({ ...plan, [key]: event.target.value })} />
      </label>
    ) : null;
  const count = (key: 'slot_min' | 'per_slot' | 'days_ahead', label: string) =>
    plan ? (
      <label className="field">
        <span>{label}</span>
        <input type="number" min={0} value={plan[key]} onChange={(event) => setPlan({ ...plan, [key]: Number(event.target.value) })} />
      </label>
    ) : null;
  return (
    <section className="card">
      <div className="card-head">
        <h2>{t('plans')}</h2>
        <button type="button" className="link" disabled={nodes.length === 0} onClick={() => edit({ ...EMPTY, node: nodes[0]?.node ?? '' })}>
          {t('planAdd')}
        </button>
      </div>
      <p className="soft">{t('plansHint')}</p>
      {plans.problem ? <p className="problem">{problemText(plans.problem, lang, t)}</p> : null}
      {plans.data?.length === 0 ? <p className="empty">{t('noPlans')}</p> : null}
      <ul className="orders">
        {plans.data?.map((one) => (
          <li key={`${one.node} ${one.service}`}>
            <p>
              {unit(one.node)}: {lang === 'vi' ? one.name_vi : one.name_en} ({one.service}){' '}
              <button type="button" className="link" aria-label={`${t('planEdit')} ${unit(one.node)} ${one.service}`} onClick={() => edit(one)}>
                {t('planEdit')}
              </button>
            </p>
            <span className="soft">
              {t('planLine', { sessions: sessionsText(one), slot: one.slot_min, places: one.per_slot, days: one.days_ahead })}
            </span>
          </li>
        ))}
      </ul>
      {plan ? (
        <form
          className="order-form"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (!busy) void save(plan);
          }}
        >
          <label className="field">
            <span>{t('planUnit')}</span>
            <select value={plan.node} onChange={(event) => setPlan({ ...plan, node: event.target.value })}>
              {nodes.map((row) => (
                <option key={row.node} value={row.node}>
                  {`${row.place_name} (${row.node})`}
                </option>
              ))}
            </select>
          </label>
          {text('service', t('planService'))}
          {text('name_vi', t('planNameVi'))}
          {text('name_en', t('planNameEn'))}
          <label className="field">
            <span>{t('planSessions')}</span>
            <input value={sessions} onChange={(event) => setSessions(event.target.value)} />
          </label>
          {count('slot_min', t('planSlot'))}
          {count('per_slot', t('planPlaces'))}
          {count('days_ahead', t('planDays'))}
          <label className="check">
            <input
              type="checkbox"
              checked={plan.also_days_off ?? false}
              onChange={(event) => setPlan({ ...plan, also_days_off: event.target.checked })}
            />
            <span>{t('planDaysOff')}</span>
          </label>
          <div className="order-foot">
            <button type="button" className="button" onClick={() => setPlan(null)}>
              {t('cancel')}
            </button>
            <button type="submit" className="button blue" disabled={busy}>
              {t('planSave')}
            </button>
          </div>
        </form>
      ) : null}
      {said ? (
        <p className={said.kind} role={said.kind === 'problem' ? 'alert' : 'status'}>
          {said.text}
        </p>
      ) : null}
    </section>
  );
}
