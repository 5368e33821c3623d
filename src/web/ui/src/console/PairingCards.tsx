/** Devices that ask to be let in by a code, and those that are in: for the head and the administrator. */
import { useState } from 'react';
import type { Paired, Pairing } from '../api/types';
import { duration, clock, date } from '../shared/format';
import { harmless } from '../shared/harmless';
import { inHalves, typedCode } from '../shared/pairing/asking';
import { problemText } from '../shared/problem';
import { useResource } from '../shared/useResource';
import { useNow } from '../live/useLive';
import { useLang } from '../text/text';
import { useDesk } from './context';
import { Dialog } from './Dialog';
import { useText, type Text } from './text';
import { useRun } from './useRun';

const EVERY_MS = 3_000;
/** As for the pages' reports: so long after its last word a device's lamp is no longer green. */
const SILENT_AFTER_MS = 150_000;
/** As the center takes it. */
const TITLE_LENGTH_MAX = 64;
/** Room for a code with spaces and dashes. */
const TYPED_LENGTH_MAX = 12;

const shown = (code: string) => inHalves(code).join(' ');

function kindOf(role: Pairing['role'], t: Text): string {
  switch (role) {
    case 'tablet':
      return t('surface_tablet');
    case 'counter':
      return t('surface_counter');
    case 'kiosk':
      return t('surface_kiosk');
    default:
      return t('surface_hall');
  }
}

function nameOf(device: Paired, t: Text): string {
  const kind = device.title ? harmless(device.title) : kindOf(device.role, t);
  return device.counter ? `${t('counterNumber', { number: device.counter })}: ${kind}` : kind;
}

export function PairingCards() {
  const { officer } = useDesk();
  return officer.role === 'officer' ? null : <Cards />;
}

function Cards() {
  const { api, epoch } = useDesk();
  const turn = Math.floor(useNow(0, EVERY_MS) / EVERY_MS);
  const waiting = useResource(() => api.pairings(), `${epoch}|${turn}`);
  const paired = useResource(() => api.paired(), `${epoch}|${turn}`);
  const reload = () => {
    waiting.reload();
    paired.reload();
  };
  return (
    <>
      <Waiting all={waiting.data} problem={waiting.problem} onAnswered={reload} />
      <Devices all={paired.data} problem={paired.problem} onAnswered={reload} />
    </>
  );
}

function Waiting({ all, problem, onAnswered }: { all: Pairing[] | undefined; problem: unknown; onAnswered: () => void }) {
  const t = useText();
  const lang = useLang();
  const { api, tell } = useDesk();
  const { run, running } = useRun();
  const [typed, setTyped] = useState('');
  const [unknown, setUnknown] = useState<string | null>(null);
  const [chosen, setChosen] = useState<Pairing | null>(null);
  const find = () =>
    void run(async () => {
      const code = typedCode(typed);
      const found = (await api.pairings()).find((one) => one.code === code);
      setUnknown(found ? null : code);
      if (found) setChosen(found);
    });
  const refuse = (one: Pairing) =>
    void run(async () => {
      await api.refusePairing(one.code);
      tell(t('pairingRefused', { code: shown(one.code) }));
      onAnswered();
    });
  return (
    <section className="card">
      <h2>{t('pairingTitle')}</h2>
      <p className="soft">{t('pairingHint')}</p>
      <form
        className="pairing-find"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (typedCode(typed)) find();
        }}
      >
        <label className="field">
          <span>{t('pairingEnter')}</span>
          <input value={typed} maxLength={TYPED_LENGTH_MAX} autoComplete="off" autoCapitalize="characters" spellCheck={false} onChange={(event) => setTyped(event.target.value)} />
        </label>
        <button type="submit" className="button" disabled={running}>
          {t('pairingFind')}
        </button>
      </form>
      {unknown ? (
        <p className="problem" role="alert">
          {t('pairingUnknown', { code: shown(unknown) })}
        </p>
      ) : null}
      {problem ? <p className="problem">{problemText(problem, lang, t)}</p> : null}
      {all?.length === 0 ? <p className="empty">{t('noPairing')}</p> : null}
      <ul className="pairing-list">
        {all?.map((one) => (
          <li key={one.code}>
            <span className="lamp degraded" aria-hidden="true" />
            <div>
              <strong>
                <span className="label">{shown(one.code)}</span> {kindOf(one.role, t)}
              </strong>
              <span className="soft code">{one.address}</span>
            </div>
            <div>
              <span className="soft">{t('pairingAge', { age: duration(one.age_s, lang), left: duration(one.expires_in_s, lang) })}</span>
              <p className="soft code stranger">{harmless(one.user_agent) || t('pairingNoBrowser')}</p>
            </div>
            <div className="pairing-keys">
              <button type="button" className="button blue" disabled={running} aria-label={`${t('pairingApprove')} ${shown(one.code)}`} onClick={() => setChosen(one)}>
                {t('pairingApprove')}
              </button>
              <button type="button" className="button" disabled={running} aria-label={`${t('pairingRefuse')} ${shown(one.code)}`} onClick={() => refuse(one)}>
                {t('pairingRefuse')}
              </button>
            </div>
          </li>
        ))}
      </ul>
      {chosen ? (
        <Approve
          one={chosen}
          onClose={() => setChosen(null)}
          onDone={() => {
            setChosen(null);
            setTyped('');
            onAnswered();
          }}
        />
      ) : null}
    </section>
  );
}

function Approve({ one, onClose, onDone }: { one: Pairing; onClose: () => void; onDone: () => void }) {
  const t = useText();
  const { api, tell } = useDesk();
  const { run, running } = useRun();
  const ofACounter = one.role === 'tablet' || one.role === 'counter';
  const counters = useResource(() => (ofACounter ? api.counters() : Promise.resolve([])), one.code).data ?? [];
  const [name, setName] = useState('');
  const [counter, setCounter] = useState<number | null>(null);
  const title = harmless(name);
  const confirm = () =>
    void run(async () => {
      await api.approvePairing(one.code, title, counter);
      tell(t('pairingDone', { title }));
      onDone();
    });
  return (
    <Dialog
      title={t('pairingApproveTitle', { code: shown(one.code) })}
      confirm={t('pairingConfirm')}
      busy={running || title === '' || (ofACounter && counter === null)}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>{t('pairingCompare')}</p>
      <dl className="facts">
        <dt>{t('pairingKind')}</dt>
        <dd>{kindOf(one.role, t)}</dd>
        <dt>{t('pairingAddress')}</dt>
        <dd>{one.address}</dd>
        <dt>{t('pairingBrowser')}</dt>
        <dd className="stranger">{harmless(one.user_agent) || t('pairingNoBrowser')}</dd>
      </dl>
      <label className="field">
        <span>{t('pairingName')}</span>
        <input value={name} maxLength={TITLE_LENGTH_MAX} autoComplete="off" onChange={(event) => setName(event.target.value)} />
        <small>{t('pairingNameWhy')}</small>
      </label>
      {ofACounter ? (
        <label className="field">
          <span>{t('pairingCounter')}</span>
          <select value={counter ?? ''} onChange={(event) => setCounter(event.target.value ? Number(event.target.value) : null)}>
            <option value="">{t('pairingChooseCounter')}</option>
            {counters.map((place) => (
              <option key={place.number} value={place.number}>
                {`${t('counterNumber', { number: place.number })} - ${place.name}`}
              </option>
            ))}
          </select>
        </label>
      ) : null}
    </Dialog>
  );
}

function Devices({ all, problem, onAnswered }: { all: Paired[] | undefined; problem: unknown; onAnswered: () => void }) {
  const t = useText();
  const lang = useLang();
  const { api, now, tell } = useDesk();
  const { run, running } = useRun();
  const [leaving, setLeaving] = useState<Paired | null>(null);
  const at = (instant: string) => `${clock(instant)} ${date(instant)}`;
  const lamp = (device: Paired) => (device.last_seen && now - Date.parse(device.last_seen) < SILENT_AFTER_MS ? 'online' : 'degraded');
  return (
    <section className="card">
      <h2>{t('pairedTitle')}</h2>
      {problem ? <p className="problem">{problemText(problem, lang, t)}</p> : null}
      {all?.length === 0 ? <p className="empty">{t('noPaired')}</p> : null}
      <ul className="pairing-list">
        {all?.map((device) => (
          <li key={device.device}>
            <span className={`lamp ${lamp(device)}`} aria-hidden="true" />
            <div>
              <strong>{nameOf(device, t)}</strong>
              <span className="soft code">{device.device}</span>
            </div>
            <div>
              <span>{device.last_seen ? t('pairedSeen', { time: at(device.last_seen) }) : t('pairedUnseen')}</span>
              <p className="soft">{t('pairedSince', { time: at(device.paired_at) })}</p>
            </div>
            <button type="button" className="button" disabled={running} aria-label={`${t('pairedRevoke')} ${nameOf(device, t)} ${device.device}`} onClick={() => setLeaving(device)}>
              {t('pairedRevoke')}
            </button>
          </li>
        ))}
      </ul>
      {leaving ? (
        <Dialog
          title={t('pairedRevokeTitle', { title: nameOf(leaving, t) })}
          confirm={t('pairedRevokeConfirm')}
          danger
          busy={running}
          onClose={() => setLeaving(null)}
          onConfirm={() =>
            void run(async () => {
              await api.revokePaired(leaving.device);
              tell(t('pairedRevoked', { title: nameOf(leaving, t) }));
              setLeaving(null);
              onAnswered();
            })
          }
        >
          <p className="soft code">{leaving.device}</p>
          <p>{t('pairedRevokeWhy')}</p>
          {leaving.role === 'tablet' ? <p>{t('pairedRevokeVotes')}</p> : null}
        </Dialog>
      ) : null}
    </section>
  );
}
