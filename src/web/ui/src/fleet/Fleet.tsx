/** All boxes of the province: who is connected, who lags, what stands aside; and a message to counters. */
import { useCallback, useEffect, useMemo, useState } from 'react';
import { hubApi, type HubApi } from '../api/hub';
import type { NodeRow } from '../api/types';
import { useNow } from '../live/useLive';
import { clock, date, dateTime, duration, fold } from '../shared/format';
import { LoadingNotice, Notice } from '../shared/Notice';
import { Gate, type Inside } from '../shared/officer/Gate';
import { problemText } from '../shared/problem';
import { fleet as en } from '../text/en/fleet';
import { fleet as vi } from '../text/vi/fleet';
import { useLang } from '../text/text';
import { AsideDialog } from './AsideDialog';
import { BookingPlans } from './BookingPlans';
import { Orders } from './Orders';
import { ProvinceFigures } from './ProvinceFigures';
import { useText } from './text';

const EVERY_MS = 5_000;
const STALE_AFTER_MS = 15_000;

export function Fleet() {
  return <Gate title={{ vi: vi.title, en: en.title }}>{(inside) => <Inner {...inside} />}</Gate>;
}

function Inner({ client, officer, epoch, leave, switchLanguage }: Inside) {
  const t = useText();
  const lang = useLang();
  const api = useMemo(() => hubApi(client), [client]);
  const now = useNow(0, 5_000);
  const { nodes, heardAt, problem } = useNodes(api, epoch);
  const [figures, setFigures] = useState(false);
  const mayReport = officer.role !== 'officer';
  const stale = heardAt !== null && now - heardAt > STALE_AFTER_MS;
  return (
    <div className="fleet">
      <header className="fleet-head">
        <h1>{t('title')}</h1>
        <span className="fill" />
        {mayReport ? (
          <button type="button" className="head-button" aria-pressed={figures} onClick={() => setFigures(!figures)}>
            {t('figures')}
          </button>
        ) : null}
        <span className="who">{officer.name}</span>
        <a className="head-button" href="/help" target="_blank" rel="noreferrer">
          {t('help')}
        </a>
        <button type="button" className="head-button" lang={lang === 'vi' ? 'en' : 'vi'} onClick={switchLanguage}>
          {t('switchLanguage')}
        </button>
        <button type="button" className="head-button" onClick={leave}>
          {t('logout')}
        </button>
      </header>
      <main className="fleet-main">
        {stale ? (
          <p className="banner warn" role="alert">
            {t('staleList', { time: `${clock(heardAt)} ${date(heardAt)}` })}
          </p>
        ) : null}
        <OwnCertificates api={api} epoch={epoch} />
        {figures && mayReport ? (
          <ProvinceFigures api={api} epoch={epoch} nodes={nodes ?? []} now={now} />
        ) : (
          <Boxes api={api} epoch={epoch} now={now} nodes={nodes} heardAt={heardAt} problem={problem} />
        )}
      </main>
    </div>
  );
}

/** The boxes, a message to counters, and what can be booked. */
function Boxes({
  api,
  epoch,
  now,
  nodes,
  heardAt,
  problem,
}: {
  api: HubApi;
  epoch: number;
  now: number;
  nodes: NodeRow[] | null;
  heardAt: number | null;
  problem: unknown;
}) {
  const t = useText();
  const lang = useLang();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  return (
    <>
      {nodes === null ? (
        problem ? (
          <Notice title={t('notAtServer')}>
            <p>{problemText(problem, lang, t)}</p>
          </Notice>
        ) : (
          <LoadingNotice />
        )
      ) : nodes.length === 0 ? (
        <Notice title={t('nodes')}>
          <p>{t('noNodes')}</p>
          <p>
            <code className="command">motcua hub enrol 06658-1</code>
          </p>
        </Notice>
      ) : (
        <Nodes api={api} nodes={nodes} now={now} heardAt={heardAt ?? now} chosen={chosen} onChosen={setChosen} epoch={epoch} />
      )}
      <Orders api={api} epoch={epoch} nodes={nodes ?? []} chosen={chosen} onSent={() => setChosen(new Set())} />
      <BookingPlans api={api} epoch={epoch} nodes={nodes ?? []} />
    </>
  );
}

/** The hub's own certificates, when somebody should renew them. */
function OwnCertificates({ api, epoch }: { api: HubApi; epoch: number }) {
  const t = useText();
  const [late, setLate] = useState<{ which: 'pages' | 'link' | 'broker'; ends_at: string }[]>([]);
  useEffect(() => {
    api.certificates().then(
      (all) => setLate(all.filter((own) => own.late)),
      () => setLate([]),
    );
  }, [api, epoch]);
  return late.map((own) => (
    <p key={own.which} className="banner warn" role="alert">
      {t('ownCertificateLate', { which: t(`certificate_${own.which}`), date: date(Date.parse(own.ends_at)) })}{' '}
      <code className="command">motcua hub init --renew</code>
    </p>
  ));
}

function useNodes(api: HubApi, epoch: number) {
  const [state, setState] = useState<{ nodes: NodeRow[] | null; heardAt: number | null; problem: unknown }>({
    nodes: null,
    heardAt: null,
    problem: undefined,
  });
  const ask = useCallback(
    () =>
      api.nodes().then(
        (nodes) => setState({ nodes, heardAt: Date.now(), problem: undefined }),
        (problem: unknown) => setState((before) => ({ ...before, problem })),
      ),
    [api],
  );
  useEffect(() => {
    let stopped = false;
    let timer: ReturnType<typeof setTimeout>;
    const loop = async () => {
      await ask();
      if (!stopped) timer = setTimeout(() => void loop(), EVERY_MS);
    };
    void loop();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [ask, epoch]);
  return state;
}

/** What a person should look at first. */
export const needsLook = (row: NodeRow) =>
  row.state === 'offline' || row.state === 'frozen' || row.certificate_late || row.parked + row.refused_frames + row.conflicts + row.alarms > 0;

const RANK = { frozen: 0, offline: 1, online: 2, invited: 3 } as const;

export function sorted(nodes: NodeRow[]): NodeRow[] {
  return [...nodes].sort(
    (a, b) => RANK[a.state] - RANK[b.state] || Number(needsLook(b)) - Number(needsLook(a)) || a.place_name.localeCompare(b.place_name, 'vi'),
  );
}

function Nodes({
  api,
  nodes,
  now,
  heardAt,
  chosen,
  onChosen,
  epoch,
}: {
  api: HubApi;
  nodes: NodeRow[];
  now: number;
  heardAt: number;
  chosen: ReadonlySet<string>;
  onChosen: (chosen: ReadonlySet<string>) => void;
  epoch: number;
}) {
  const t = useText();
  const [typed, setTyped] = useState('');
  const [trouble, setTrouble] = useState(false);
  const [shown, setShown] = useState<NodeRow | null>(null);
  const wanted = fold(typed);
  const rows = sorted(nodes).filter(
    (row) => (!trouble || needsLook(row)) && (fold(row.place_name).includes(wanted) || row.node.includes(wanted)),
  );
  const online = nodes.filter((row) => row.state === 'online').length;
  const away = nodes.filter((row) => row.state === 'offline').length;
  const toggle = (node: string) => {
    const next = new Set(chosen);
    if (!next.delete(node)) next.add(node);
    onChosen(next);
  };
  return (
    <section className="card">
      <div className="card-head">
        <h2>
          {t('nodes')} <span className="count">{t('summary', { online, total: nodes.length })}</span>{' '}
          {away > 0 ? <span className="badge offline">{t('lateLine', { count: away })}</span> : null}
        </h2>
        <span className="soft">{t('asOf', { time: clock(heardAt) })}</span>
        <label className="check">
          <input type="checkbox" checked={trouble} onChange={(event) => setTrouble(event.target.checked)} />
          <span>{t('onlyTrouble')}</span>
        </label>
        <label className="search">
          <span className="hidden-text">{t('search')}</span>
          <input type="search" placeholder={t('search')} value={typed} onChange={(event) => setTyped(event.target.value)} />
        </label>
      </div>
      {rows.length === 0 ? <p className="empty">{t('noneFound')}</p> : null}
      <div className="scroll" role="region" aria-label={t('nodes')} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">
                <span className="hidden-text">{t('message')}</span>
              </th>
              <th scope="col">{t('colNode')}</th>
              <th scope="col">{t('colState')}</th>
              <th scope="col" className="number">
                {t('colLag')}
              </th>
              <th scope="col" className="number">
                {t('colLast')}
              </th>
              <th scope="col" className="number">
                {t('colOpen')}
              </th>
              <th scope="col" className="number">
                {t('colWaiting')}
              </th>
              <th scope="col" className="number">
                {t('colParked')}
              </th>
              <th scope="col" className="number">
                {t('colBlobs')}
              </th>
              <th scope="col">{t('colAction')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.node} row={row} now={now} chosen={chosen.has(row.node)} onToggle={() => toggle(row.node)} onShow={() => setShown(row)} />
            ))}
          </tbody>
        </table>
      </div>
      {shown ? <AsideDialog api={api} row={shown} epoch={epoch} onClose={() => setShown(null)} /> : null}
    </section>
  );
}

function Row({
  row,
  now,
  chosen,
  onToggle,
  onShow,
}: {
  row: NodeRow;
  now: number;
  chosen: boolean;
  onToggle: () => void;
  onShow: () => void;
}) {
  const t = useText();
  const lang = useLang();
  const since = (at: string | null | undefined) => (at ? t('ago', { time: duration((now - Date.parse(at)) / 1000, lang) }) : t('never'));
  const aside = row.parked + row.refused_frames + row.conflicts;
  const unseen = row.unseen_since ?? null;
  /** Today's times need no date. */
  const when = (at: string) => (date(at) === date(now) ? clock(at) : dateTime(at));
  const asOf = unseen ? <span className="line soft">{t('figureAsOf', { time: when(unseen) })}</span> : null;
  return (
    <tr className={row.state}>
      <td>
        <input type="checkbox" checked={chosen} disabled={row.state === 'invited'} aria-label={t('choose', { unit: row.place_name })} onChange={onToggle} />
      </td>
      <th scope="row">
        <strong>{row.place_name}</strong>
        <span className="soft line">
          {row.node}
          {row.version ? `, ${row.version}` : ''}
        </span>
      </th>
      <td>
        <span className={`badge ${row.state}`}>{t(`state_${row.state}`)}</span>
        {row.state === 'offline' && unseen ? (
          <span className="line">{t('offlineFor', { since: when(unseen), time: duration((now - Date.parse(unseen)) / 1000, lang) })}</span>
        ) : null}
        {row.state === 'frozen' ? <span className="line">{t('frozenWhy', { code: row.frozen_code ?? '?' })}</span> : null}
        {row.alarms > 0 ? (
          <span className="line bad">
            {t('alarms')}: {row.alarms}
          </span>
        ) : null}
        {row.certificate_late && row.certificate_ends_at ? (
          <span className="line bad">{t('certificateLate', { date: date(Date.parse(row.certificate_ends_at)) })}</span>
        ) : row.certificate_ends_at ? (
          <span className="line soft">{t('certificateUntil', { date: date(Date.parse(row.certificate_ends_at)) })}</span>
        ) : null}
        {row.down_waiting > 0 ? <span className="line soft">{t('downWaiting', { count: row.down_waiting })}</span> : null}
      </td>
      <td className="number">
        {row.state === 'invited' || (row.state === 'offline' && !unseen) ? (
          // It has never said anything: there is no lag to speak of, and none that is known to be nothing.
          t('never')
        ) : unseen ? (
          <>
            {t('lagUnknown', { time: when(unseen) })}
            {row.lag_entries > 0 ? <span className="line soft">{t('lagThen', { count: row.lag_entries })}</span> : null}
          </>
        ) : row.lag_entries > 0 ? (
          t('lagEntries', { count: row.lag_entries, time: duration(row.lag_s, lang) })
        ) : (
          t('noLag')
        )}
      </td>
      <td className="number">
        {since(row.last_entry_at)}
        {row.last_seq > 0 ? <span className="line soft">{t('seqCode', { seq: row.last_seq })}</span> : null}
      </td>
      <td className={unseen ? 'number old' : 'number'}>
        {row.open_dossiers}
        {asOf}
      </td>
      <td className={unseen ? 'number old' : 'number'}>
        {row.waiting_citizens}
        {asOf}
      </td>
      <td className={aside > 0 ? 'number bad' : 'number'}>{aside}</td>
      <td className={row.blobs_missing > 0 ? 'number warned' : 'number'}>{row.blobs_missing}</td>
      <td>
        <button type="button" className="link" aria-label={`${t('detail')} ${row.place_name}`} onClick={onShow}>
          {t('detail')}
        </button>
      </td>
    </tr>
  );
}
