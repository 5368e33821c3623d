import { useRef, useState } from 'react';
import { newKey } from '../api/client';
import type { HubApi } from '../api/hub';
import type { NodeRow } from '../api/types';
import { useNow } from '../live/useLive';
import { clockSeconds, dateTime } from '../shared/format';
import { problemText } from '../shared/problem';
import { useResource } from '../shared/useResource';
import { useLang } from '../text/text';
import { useText } from './text';

const TEXT_MAX = 500;
/** As often as the table of centers. */
const EVERY_MS = 5_000;

/** A message to the counters of all centers or of those ticked in the table. */
export function Orders({
  api,
  epoch,
  nodes,
  chosen,
  onSent,
}: {
  api: HubApi;
  epoch: number;
  nodes: NodeRow[];
  chosen: ReadonlySet<string>;
  onSent: () => void;
}) {
  const t = useText();
  const lang = useLang();
  const now = useNow(0, EVERY_MS);
  // What has arrived becomes more by itself; nobody should have to ask for it.
  const orders = useResource(async () => ({ rows: await api.orders(), at: Date.now() }), `${epoch}|${Math.floor(now / EVERY_MS)}`);
  const list = orders.data;
  const [text, setText] = useState('');
  const [some, setSome] = useState(false);
  const [said, setSaid] = useState<{ kind: 'good' | 'problem'; text: string } | null>(null);
  const [busy, setBusy] = useState(false);
  /** One key a message: sending again after a cut line does not send it twice. */
  const key = useRef(newKey());

  const send = async () => {
    const given = text.normalize('NFC').trim();
    if (!given) return setSaid({ kind: 'problem', text: t('needText') });
    if (some && chosen.size === 0) return setSaid({ kind: 'problem', text: t('needNodes') });
    setBusy(true);
    try {
      await api.sendOrder(given, some ? [...chosen] : undefined, key.current);
      key.current = newKey();
      setText('');
      setSome(false);
      setSaid({ kind: 'good', text: t('sent') });
      onSent();
      orders.reload();
    } catch (problem) {
      setSaid({ kind: 'problem', text: problemText(problem, lang, t) });
    } finally {
      setBusy(false);
    }
  };

  return (
    <div className="two">
      <section className="card">
        <h2>{t('message')}</h2>
        <p className="soft">{t('messageHint')}</p>
        <form
          className="order-form"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (!busy) void send();
          }}
        >
          <label className="field">
            <span>{t('messageText')}</span>
            <textarea
              rows={3}
              maxLength={TEXT_MAX}
              value={text}
              onChange={(event) => {
                setText(event.target.value);
                setSaid(null);
              }}
            />
          </label>
          <div className="order-foot">
            <label className="check">
              <input type="radio" name="to" checked={!some} onChange={() => setSome(false)} />
              <span>{t('toAll')}</span>
            </label>
            <label className="check">
              <input type="radio" name="to" checked={some} onChange={() => setSome(true)} />
              <span>{t('toChosen', { count: chosen.size })}</span>
            </label>
            <button type="submit" className="button blue" disabled={busy || nodes.length === 0}>
              {t('send')}
            </button>
          </div>
          {said ? (
            <p className={said.kind} role={said.kind === 'problem' ? 'alert' : 'status'}>
              {said.text}
            </p>
          ) : null}
        </form>
      </section>
      <section className="card">
        <div className="card-head">
          <h2>{t('sentBefore')}</h2>
          {list ? <span className="soft">{t('asOf', { time: clockSeconds(list.at) })}</span> : null}
        </div>
        {orders.problem ? <p className="problem">{problemText(orders.problem, lang, t)}</p> : null}
        {list?.rows.length === 0 ? <p className="empty">{t('noOrders')}</p> : null}
        <ul className="orders">
          {list?.rows.map((order) => (
            <li key={order.id}>
              <p>{order.text}</p>
              <span className="soft">
                {t('orderLine', { by: order.ordered_by, time: dateTime(order.ordered_at) })}.{' '}
                {t('delivered', {
                  delivered: order.nodes.filter((one) => one.delivered).length,
                  read: order.nodes.filter((one) => one.read).length,
                  total: order.nodes.length,
                })}
              </span>
              {order.nodes.every((one) => one.delivered) ? null : (
                <span className="line soft">{t('notDelivered', { units: missing(order.nodes, nodes) })}</span>
              )}
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

const NAMED_MOST = 5;

/** Who has not got it yet, by name as far as there is room. */
function missing(states: { node: string; delivered: boolean }[], nodes: NodeRow[]): string {
  const names = states.filter((one) => !one.delivered).map((one) => nodes.find((row) => row.node === one.node)?.place_name ?? one.node);
  const more = names.length - NAMED_MOST;
  return names.slice(0, NAMED_MOST).join(', ') + (more > 0 ? ` +${more}` : '');
}
