import { useState, type ReactNode } from 'react';
import type { HubApi } from '../api/hub';
import type { NodeRow } from '../api/types';
import { Modal } from '../shared/Modal';
import { dateTime, size } from '../shared/format';
import { problemText } from '../shared/problem';
import { useResource } from '../shared/useResource';
import { useLang } from '../text/text';
import { useText } from './text';

/** Everything about a node that waits for a person. */
export function AsideDialog({ api, row, epoch, onClose }: { api: HubApi; row: NodeRow; epoch: number; onClose: () => void }) {
  const t = useText();
  const lang = useLang();
  const { data, problem } = useResource(() => api.parked(row.node), `${row.node}|${epoch}`);
  const empty = data && Object.values(data).every((list) => list.length === 0);
  return (
    <Modal title={t('detailOf', { unit: row.place_name, node: row.node })} broad onClose={onClose}>
      <div className="dialog-body">
        {problem ? <p className="problem">{problemText(problem, lang, t)}</p> : null}
        {!data && !problem ? <p className="soft">{t('loading')}</p> : null}
        {empty ? <p className="empty">{t('nothingAside')}</p> : null}
        {data ? (
          <>
            <Part title={t('alarms')} rows={data.alarms} draw={(one) => [one.code, one.detail, dateTime(one.raised_at)]} />
            <Part
              title={t('parked')}
              hint={t('parkedHint')}
              rows={data.parked}
              draw={(one) => [t('seqCode', { seq: one.seq }), `${one.code}. ${one.detail}`, dateTime(one.parked_at)]}
            />
            <Part
              title={t('refusedFrames')}
              rows={data.refused}
              draw={(one) => [`${one.code}. ${one.detail}`, t('timesBytes', { times: one.times, size: size(one.bytes) }), dateTime(one.last_at)]}
            />
            <Part title={t('conflicts')} rows={data.conflicts} draw={(one) => [t('seqCode', { seq: one.seq }), `${one.code}. ${one.kind} ${one.subject}`, dateTime(one.kept_at)]} />
            <Part
              title={t('salvaged')}
              hint={t('salvagedHint')}
              rows={data.salvaged}
              draw={(one) => [t('seqCode', { seq: one.seq }), `${one.actor}. ${one.code ? t('unreadable', { code: one.code }) : said(one.content)}`, dateTime(one.at)]}
            />
            <Part title={t('downParked')} rows={data.down_parked} draw={(one) => [t('seqCode', { seq: one.seq }), one.code, '']} />
            {(row.state === 'frozen' && row.frozen_code !== REVOKED) || data.alarms.some((one) => LASTING.includes(one.code)) ? <Decide api={api} row={row} onDone={onClose} /> : null}
          </>
        ) : null}
      </div>
      <div className="dialog-foot">
        <button type="button" className="button blue" onClick={onClose}>
          {t('close')}
        </button>
      </div>
    </Modal>
  );
}

/** A box whose certificates were taken away comes back with a new token, not by a choice. */
const REVOKED = 'node.revoked';

/** Alarms that stand until a person has looked. */
const LASTING = ['link.stale_copy', 'link.old_box', 'stream.salvage_full', 'node.epoch_forgotten'];

/** What an entry of another journal says, as it stands in it: nobody has checked it. */
function said(content: unknown[]): string {
  return content
    .map((one) => {
      const { kind, subject, public: open, private: sealed } = one as Record<string, unknown>;
      return `${String(kind)} ${String(subject)} ${JSON.stringify({ ...(open as object), ...((sealed as object | null) ?? {}) })}`;
    })
    .join(' · ');
}

/** A person chooses which box goes on; twice pressed, because nothing of the other one is applied. */
function Decide({ api, row, onDone }: { api: HubApi; row: NodeRow; onDone: () => void }) {
  const t = useText();
  const lang = useLang();
  const [sure, setSure] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const goOn = () => {
    if (!sure) {
      setSure(true);
      return;
    }
    api.goOn(row.node).then(onDone, setProblem);
  };
  return (
    <section>
      <h3>{t('decide')}</h3>
      <p>{t('decideHere', { seq: row.last_seq })}</p>
      <p>{t('decideOther', { node: row.node })}</p>
      {problem ? <p className="problem">{problemText(problem, lang, t)}</p> : null}
      <button type="button" className="button" onClick={goOn}>
        {sure ? t('goOnSure') : t('goOn')}
      </button>
    </section>
  );
}

function Part<T>({ title, hint, rows, draw }: { title: string; hint?: string; rows: T[]; draw: (one: T) => ReactNode[] }) {
  if (rows.length === 0) return null;
  return (
    <section>
      <h3>
        {title} <span className="count">{rows.length}</span>
      </h3>
      {hint ? <p className="soft">{hint}</p> : null}
      <ul className="aside-list">
        {rows.map((one, n) => (
          <li key={n}>
            {draw(one).map((cell, m) => (
              <span key={m}>{cell}</span>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}
