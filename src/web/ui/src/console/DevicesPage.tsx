import type { Device, DevicesSnapshot, DeviceState, Ticket } from '../api/types';
import { topicData, useNow } from '../live/useLive';
import { clock, date } from '../shared/format';
import { LoadingNotice } from '../shared/Notice';
import { problemText } from '../shared/problem';
import { useLang } from '../text/text';
import { useDesk } from './context';
import { PairingCards } from './PairingCards';
import { SurfacesCard } from './SurfacesCard';
import { useText, type Text } from './text';
import { useResource } from '../shared/useResource';
import { useRun } from './useRun';

/** A code from a driver, to what a person in the hall can do about it. */
function whatToDo(device: Device, t: Text): string {
  const code = device.reason_code ?? '';
  if (device.state === 'online' && (code === '' || code === 'device.ready')) return t('why_ready');
  switch (code) {
    case 'device.starting':
      return t('why_starting');
    case 'printer.paper_out':
      return t('why_paper_out');
    case 'printer.paper_near_end':
      return t('why_paper_near_end');
    case 'printer.cover_open':
      return t('why_cover_open');
    case 'printer.cutter':
      return t('why_cutter');
    case 'printer.hot':
      return t('why_hot');
    case 'printer.no_answer':
    case 'printer.no_proof':
      return t('why_no_answer');
    case 'printer.offline':
      return t('why_printer_offline');
    case 'printer.broken':
      return t('why_broken');
    case 'printer.rubbish':
    case 'sign.unexpected_bytes':
      return t('why_rubbish');
    case 'reader.nonsense':
    case 'reader.not_text':
    case 'reader.too_long':
      return t('why_nonsense');
    default:
      if (device.state === 'offline') return t('why_unplugged');
      return device.detail || t('why_other', { code });
  }
}

const RISK_EVERY_MS = 10_000;

/** What would be lost if the center's disk died now, and how the second medium is. */
function AtRisk() {
  const t = useText();
  const { api, epoch } = useDesk();
  const turn = Math.floor(useNow(0, RISK_EVERY_MS) / RISK_EVERY_MS);
  const risk = useResource(() => api.health(), `${epoch}|${turn}`).data?.at_risk;
  if (!risk) return null;
  const medium: Record<string, string> = {
    off: t('medium_off'),
    ok: t('medium_ok'),
    missing: t('medium_missing'),
    full: t('medium_full'),
    slow: t('medium_slow'),
    failing: t('medium_failing'),
  };
  const well = risk.medium === 'off' || risk.medium === 'ok';
  return (
    <section className="card">
      <h2>{t('atRiskTitle')}</h2>
      <p>{risk.entries + risk.scans + risk.votes === 0 ? t('atRiskNothing') : t('atRisk', { entries: risk.entries, scans: risk.scans, votes: risk.votes })}</p>
      <p className={well ? 'soft' : 'problem'}>{medium[risk.medium] ?? risk.medium}</p>
    </section>
  );
}

const WORST_FIRST: Record<DeviceState, number> = { offline: 0, degraded: 1, online: 2 };

export function DevicesPage() {
  const t = useText();
  const lang = useLang();
  const { api, live, epoch, queue, tell } = useDesk();
  const { run, running } = useRun();
  const devices = topicData<DevicesSnapshot>(live, 'devices')?.devices;
  const discovered = useResource(() => api.discovered(), `${epoch}`);
  const className = (device: Device) => {
    const known: Record<string, string> = {
      ticket_printer: t('class_ticket_printer'),
      counter_sign: t('class_counter_sign'),
      card_reader: t('class_card_reader'),
    };
    return known[device.class] ?? device.class;
  };
  const named = (device: Device) => (device.counter ? `${t('counterNumber', { number: device.counter })}: ${device.title}` : device.title);
  const unprinted = (queue?.tickets ?? []).filter((ticket) => ticket.printed === 'failed' && ticket.state === 'waiting');
  const reprint = (ticket: Ticket) =>
    void run(async () => {
      await api.reprint(ticket.id);
      tell(t('doneReprint', { label: ticket.label }));
    });

  return (
    <>
      <section className="card">
        <h2>{t('devicesTitle')}</h2>
        {!devices ? <LoadingNotice /> : null}
        {devices?.length === 0 ? <p className="empty">{t('noDevices')}</p> : null}
        <ul className="devices">
          {[...(devices ?? [])]
            .sort((a, b) => WORST_FIRST[a.state] - WORST_FIRST[b.state] || a.title.localeCompare(b.title, 'vi'))
            .map((device) => (
              <li key={device.id}>
                <span className={`lamp ${device.state}`} aria-hidden="true" />
                <div>
                  <strong>{named(device)}</strong>
                  <span className="soft">
                    {className(device)}, {device.transport}
                  </span>
                </div>
                <div>
                  <span className={`badge ${device.state}`}>{t(`device_${device.state}`)}</span>{' '}
                  <span className="soft">{t('since', { time: `${clock(device.since)} ${date(device.since)}` })}</span>
                  <p className={device.state === 'online' ? 'soft' : undefined}>{whatToDo(device, t)}</p>
                  {device.state !== 'online' && device.reason_code ? <p className="soft code">{device.reason_code}</p> : null}
                </div>
                <button
                  type="button"
                  className="button"
                  disabled={running}
                  aria-label={`${t('tryDevice')} ${named(device)}`}
                  onClick={() =>
                    void run(async () => {
                      const { done, code } = await api.tryDevice(device.id);
                      tell(done ? t('doneTry', { title: named(device) }) : t('tryFailed', { title: named(device), code }));
                    })
                  }
                >
                  {t('tryDevice')}
                </button>
              </li>
            ))}
        </ul>
      </section>
      <PairingCards />
      <SurfacesCard />
      <AtRisk />
      <div className="two">
        <section className="card">
          <h2>{t('unprinted')}</h2>
          {unprinted.length === 0 ? <p className="empty">{t('noUnprinted')}</p> : null}
          <ul className="short-list">
            {unprinted.map((ticket) => (
              <li key={ticket.id}>
                <strong className="label">{ticket.label}</strong>
                <button type="button" className="link" disabled={running} aria-label={`${t('reprint')} ${ticket.label}`} onClick={() => reprint(ticket)}>
                  {t('reprint')}
                </button>
              </li>
            ))}
          </ul>
        </section>
        <section className="card">
          <div className="card-head">
            <h2>{t('discoveredTitle')}</h2>
            <button type="button" className="link" onClick={discovered.reload}>
              {t('reload')}
            </button>
          </div>
          <p className="soft">{t('discoveredHint')}</p>
          {discovered.problem ? <p className="problem">{problemText(discovered.problem, lang, t)}</p> : null}
          {discovered.data?.length === 0 ? <p className="empty">{t('noDiscovered')}</p> : null}
          <ul className="short-list">
            {discovered.data?.map((one) => (
              <li key={`${one.name}|${one.kind}|${one.address}`}>
                <span>
                  {one.name}
                  <span className="soft"> {one.kind}</span>
                </span>
                <span className="soft">{one.address || one.host}</span>
              </li>
            ))}
          </ul>
        </section>
      </div>
    </>
  );
}
