/** A list of dossiers in the columns officers know; what can be done with a row comes from outside. */
import { useEffect, useState, type ReactNode } from 'react';
import type { DossierPage, DossierRow, DossierView, HandOversSnapshot } from '../api/types';
import { topicData } from '../live/useLive';
import { date, dateTime, duration, money, remaining } from '../shared/format';
import { problemText } from '../shared/problem';
import { useLang } from '../text/text';
import { useDesk } from './context';
import { DossierDialog } from './DossierDialog';
import { useText, type Text } from './text';
import { custodyLines, useUnits } from './units';
import { useResource, type Resource } from '../shared/useResource';

const SEARCH_AFTER_MS = 300;
/** A step of a hand-over tells the page at once; other changes are seen after this. */
const AGAIN_EVERY_MS = 15_000;

export function useDossiers(view: DossierView) {
  const { api, epoch, now, live } = useDesk();
  const moved = topicData<HandOversSnapshot>(live, 'hand-overs')?.moved_at ?? '';
  const [typed, setTyped] = useState('');
  const [q, setQ] = useState('');
  /** Counted from 0, as the server counts. */
  const [page, setPage] = useState(0);
  useEffect(() => {
    const timer = setTimeout(() => {
      setQ(typed.normalize('NFC').trim());
      setPage(0);
    }, SEARCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  useEffect(() => setPage(0), [view]);
  const read = useResource(async () => ({ ...(await api.dossiers(view, q, page)), view }), `${view}|${q}|${page}|${epoch}|${moved}|${Math.floor(now / AGAIN_EVERY_MS)}`);
  // The rows of the list before must not stand under the actions of this one.
  const list: Resource<DossierPage> = read.data && read.data.view !== view ? { ...read, data: undefined } : read;
  return { list, typed, setTyped, q, page, setPage };
}

export function DossierList({
  title,
  views,
  view,
  onView,
  actions,
  showCustody,
  dossiers,
}: {
  title: string;
  views: { view: DossierView; label: string }[];
  view: DossierView;
  onView: (view: DossierView) => void;
  actions: (row: DossierRow) => ReactNode;
  showCustody?: boolean;
  dossiers: ReturnType<typeof useDossiers>;
}) {
  const t = useText();
  const { list, typed, setTyped, q, page, setPage } = dossiers;
  const [shown, setShown] = useState<DossierRow | null>(null);
  return (
    <section className="card">
      <div className="card-head">
        <h2>{title}</h2>
        <div className="segments" role="group" aria-label={title}>
          {views.map((one) => (
            <button key={one.view} type="button" aria-pressed={view === one.view} onClick={() => onView(one.view)}>
              {one.label}
            </button>
          ))}
        </div>
        <label className="search">
          <span className="hidden-text">{t('searchDossier')}</span>
          <input type="search" placeholder={t('searchDossier')} value={typed} onChange={(event) => setTyped(event.target.value)} />
        </label>
      </div>
      <Rows list={list} q={q} page={page} actions={actions} showCustody={showCustody ?? false} onShow={setShown} />
      {list.data && list.data.total > list.data.page_length ? (
        <div className="pages">
          <button type="button" className="button" disabled={page === 0} onClick={() => setPage(page - 1)}>
            {t('previous')}
          </button>
          <span>{t('pageOf', { page: page + 1, total: list.data.total })}</span>
          <button type="button" className="button" disabled={(page + 1) * list.data.page_length >= list.data.total} onClick={() => setPage(page + 1)}>
            {t('next')}
          </button>
        </div>
      ) : null}
      {shown ? <DossierDialog id={shown.id} code={shown.code} onClose={() => setShown(null)} /> : null}
    </section>
  );
}

function Rows({
  list,
  q,
  page,
  actions,
  showCustody,
  onShow,
}: {
  list: Resource<DossierPage>;
  q: string;
  page: number;
  actions: (row: DossierRow) => ReactNode;
  showCustody: boolean;
  onShow: (row: DossierRow) => void;
}) {
  const t = useText();
  const lang = useLang();
  const { now } = useDesk();
  const { name } = useUnits();
  if (list.problem && !list.data) {
    return (
      <div className="empty" role="alert">
        <p>{problemText(list.problem, lang, t)}</p>
        <button type="button" className="button" onClick={list.reload}>
          {t('retry')}
        </button>
      </div>
    );
  }
  if (!list.data) {
    return (
      <p className="empty" role="status">
        {t('loading')}
      </p>
    );
  }
  if (list.data.rows.length === 0) {
    const place = list.data.given_at;
    return (
      <p className="empty">
        {q ? t('noDossiersFound', { q }) : t('noDossiers')}
        {place ? ` ${t('dossierGivenAt', { place })}` : null}
      </p>
    );
  }
  return (
    <table className="dossiers" aria-busy={list.loading}>
      <thead>
        <tr>
          <th scope="col">{t('colIndex')}</th>
          <th scope="col">{t('colDossier')}</th>
          <th scope="col">{t('colOwner')}</th>
          <th scope="col">{t('colFee')}</th>
          <th scope="col">{t('colState')}</th>
          <th scope="col">{t('colAction')}</th>
        </tr>
      </thead>
      <tbody>
        {list.data.rows.map((row, n) => (
          <tr key={row.id}>
            <td>{page * (list.data?.page_length ?? 0) + n + 1}</td>
            <td>
              <button type="button" className="code-link" onClick={() => onShow(row)}>
                {row.code}
              </button>
              <span className="two-lines">{row.procedure_name}</span>
              <span className="soft">
                {t('receivedLine', {
                  channel: t(`channel_${row.channel}`).toLocaleLowerCase(lang),
                  received: dateTime(row.received_at),
                  due: dateTime(row.due),
                })}
              </span>
            </td>
            <td>
              <strong>{row.applicant_name}</strong>
              {row.applicant_number ? <span className="soft">{row.applicant_number}</span> : null}
            </td>
            <td>{row.fee_vnd === null || row.fee_vnd === undefined ? <span className="badge confirm">{t('needsConfirmation')}</span> : money(row.fee_vnd, lang)}</td>
            <td>
              <span>{nationalState(row.state, t)}</span>
              {row.returned_at ? (
                <span className="soft">{t('returnedOn', { time: dateTime(row.returned_at) })}</span>
              ) : row.state !== 9 ? (
                <Due at={row.due_at} now={now} />
              ) : row.result_title ? (
                <span className="soft">
                  {row.result_title}. {t(`result_${row.result_channel}`)}
                </span>
              ) : null}
              {showCustody
                ? custodyLines(row, name, t).map((line, n) => (
                    <span key={n} className={notable(row) && n === 0 ? 'custody notable' : 'custody soft'}>
                      {line}
                    </span>
                  ))
                : null}
            </td>
            <td className="row-actions">
              {actions(row)}
              <button type="button" className="link" aria-label={`${t('detail')} ${row.code}`} onClick={() => onShow(row)}>
                {t('detail')}
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A hand-over that did not go as it was meant: the officer should not overlook it. */
const notable = ({ custody, last_hand_over }: DossierRow) =>
  (custody.state === 'passed_on' && custody.too_late) || (custody.state === 'held' && last_hand_over != null && last_hand_over.how !== 'taken_back');

/** The colour never stands alone: the words say the same. */
function Due({ at, now }: { at: string; now: number }) {
  const t = useText();
  const lang = useLang();
  const { urgency, seconds } = remaining(at, now);
  const time = duration(seconds, lang);
  return (
    <span className={`due-left ${urgency}`} title={date(at)}>
      {urgency === 'late' ? t('over', { time }) : t('left', { time })}
    </span>
  );
}

function nationalState(state: number, t: Text): string {
  const key = `national_${state}`;
  return isNational(key) ? t(key) : String(state);
}

type National = `national_${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10}`;
const isNational = (key: string): key is National => /^national_([1-9]|10)$/.test(key);
