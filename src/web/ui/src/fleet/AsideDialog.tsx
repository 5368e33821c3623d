import type { ReactNode } from 'react';
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
    <Modal title={t('detailOf', { unit: row.unit_name, node: row.node })} broad onClose={onClose}>
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
            <Part title={t('downParked')} rows={data.down_parked} draw={(one) => [t('seqCode', { seq: one.seq }), one.code, '']} />
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
