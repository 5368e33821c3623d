/** What citizens said, for the head: numbers, reasons, comments, and officers' figures from their own counters. */
import { useState } from 'react';
import type { RatingFigures } from '../api/types';
import { date } from '../shared/format';
import { harmless } from '../shared/harmless';
import { LoadingNotice } from '../shared/Notice';
import { ProblemLine } from '../shared/ProblemLine';
import { useResource } from '../shared/useResource';
import { useLang } from '../text/text';
import { useDesk } from './context';
import { LEVELS, officerNames, reasonsOf, rowsBy, share, type Row } from './ratings';
import { useText } from './text';

const REASONS = {
  long_wait: 'reason_long_wait',
  unclear_guidance: 'reason_unclear_guidance',
  service_attitude: 'reason_service_attitude',
  repeated_trips: 'reason_repeated_trips',
  extra_papers: 'reason_extra_papers',
  late_result: 'reason_late_result',
} as const;

/** «11/2026» of the first day of a month. */
const month = (day: string) => date(day).slice(3);

export function RatingsPage() {
  const t = useText();
  const { api, epoch } = useDesk();
  /** What stands in the fields, and what was asked for; empty is the last thirty days. */
  const [typed, setTyped] = useState({ from: '', to: '' });
  const [asked, setAsked] = useState({ from: '', to: '' });
  const figures = useResource(() => api.ratingFigures(asked.from, asked.to), `${epoch}|${asked.from}|${asked.to}`);
  const { data, problem, loading } = figures;
  return (
    <>
      <section className="card">
        <div className="card-head">
          <h2>{t('ratingsTitle')}</h2>
          <form
            className="ratings-days"
            onSubmit={(event) => {
              event.preventDefault();
              setAsked(typed);
              figures.reload();
            }}
          >
            <label>
              <span>{t('ratingsFrom')}</span>
              <input type="date" value={typed.from || (data?.from ?? '')} onChange={(event) => setTyped({ ...typed, from: event.target.value })} />
            </label>
            <label>
              <span>{t('ratingsTo')}</span>
              <input type="date" value={typed.to || (data?.to ?? '')} onChange={(event) => setTyped({ ...typed, to: event.target.value })} />
            </label>
            <button type="submit" className="button" disabled={loading}>
              {t('ratingsShow')}
            </button>
          </form>
        </div>
        <ProblemLine problem={problem} />
        {!data && !problem ? <LoadingNotice /> : null}
        {data && !problem ? <Votes data={data} /> : null}
      </section>
      {data && !problem ? (
        <>
          <Officers data={data} />
          <Comments data={data} />
        </>
      ) : null}
    </>
  );
}

function Votes({ data }: { data: RatingFigures }) {
  const t = useText();
  const service = useServiceName();
  const waiting = (
    <>
      {data.not_yet_counted > 0 ? <p className="soft">{t('ratingsNotYet', { count: data.not_yet_counted })}</p> : null}
      <p className="soft">{t('ratingsGroups', { count: data.officers_from })}</p>
    </>
  );
  if (data.counts.length === 0) {
    return (
      <>
        <p className="empty">{t('ratingsNone', { from: date(data.from), to: date(data.to) })}</p>
        {waiting}
      </>
    );
  }
  const reasons = reasonsOf(data.reasons);
  return (
    <>
      <Levels caption={t('ratingsByStage')} head={t('ratingsStage')} rows={rowsBy(data.counts, (one) => one.stage)} name={(key) => (key === 'receipt' ? t('stage_receipt') : t('stage_return'))} />
      <Levels caption={t('ratingsByService')} head={t('ratingsService')} rows={rowsBy(data.counts, (one) => one.service ?? '')} name={service} />
      <Levels
        caption={t('ratingsByRespondent')}
        head={t('ratingsRespondent')}
        rows={rowsBy(data.counts, (one) => one.respondent)}
        name={(key) => (key === 'organisation' ? t('respondent_organisation') : t('respondent_citizen'))}
      />
      <h3>{t('ratingsReasons')}</h3>
      {reasons.length === 0 ? <p className="empty">{t('ratingsNoReasons')}</p> : null}
      <ul className="short-list">
        {reasons.map(({ reason, count }) => {
          const words = reason in REASONS ? REASONS[reason as keyof typeof REASONS] : undefined;
          return (
            <li key={reason}>
              <span>{words ? t(words) : reason}</span>
              <strong>{count}</strong>
            </li>
          );
        })}
      </ul>
      {waiting}
    </>
  );
}

/** A table of levels: a number and its share, and the row's sum. */
function Levels({ caption, head, rows, name }: { caption: string; head: string; rows: Row[]; name: (key: string) => string }) {
  const t = useText();
  return (
    <table className="ratings">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{head}</th>
          {LEVELS.map((level) => (
            <th key={level} scope="col">
              {t(`level_${level}`)}
            </th>
          ))}
          <th scope="col">{t('ratingsTotal')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.key}>
            <th scope="row">{name(row.key)}</th>
            {LEVELS.map((level) => (
              <td key={level}>
                {row.levels[level]} <span className="soft">{share(row.levels[level], row.total)}</span>
              </td>
            ))}
            <td>{row.total}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Officers({ data }: { data: RatingFigures }) {
  const t = useText();
  const rows = rowsBy(data.officers, (one) => `${one.month}|${one.officer}`);
  const names = officerNames(data.officers);
  return (
    <section className="card">
      <h2>{t('ratingsOfficers')}</h2>
      <p className="soft">{t('ratingsOfficersWhy', { count: data.officers_from })}</p>
      {rows.length === 0 ? (
        <p className="empty">{t('ratingsNoOfficers', { count: data.officers_from })}</p>
      ) : (
        <Levels
          caption={t('ratingsOfficersMonths')}
          head={t('ratingsOfficer')}
          rows={rows}
          name={(key) => {
            const [first = '', officer = ''] = key.split('|');
            return `${names.get(officer) ?? officer}, ${month(first)}`;
          }}
        />
      )}
    </section>
  );
}

function Comments({ data }: { data: RatingFigures }) {
  const t = useText();
  const service = useServiceName();
  return (
    <section className="card">
      <h2>{t('ratingsComments')}</h2>
      {data.comments.length === 0 ? <p className="empty">{t('ratingsNoComments')}</p> : null}
      <ul className="comments">
        {data.comments.map((one, place) => (
          // They have no identity of their own: who could name one could ask for it.
          <li key={place}>
            <span className="soft">
              {date(one.day)}, {one.stage === 'receipt' ? t('stage_receipt') : t('stage_return')}, {service(one.service ?? '')}, {t(`level_${one.level}`)}
            </span>
            <bdi>{harmless(one.comment)}</bdi>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The name of a service group; what votes do not say has a name of its own. */
function useServiceName(): (code: string) => string {
  const t = useText();
  const lang = useLang();
  const { services } = useDesk();
  return (code) => {
    if (code === '') return t('ratingsNoService');
    const found = services.find((one) => one.code === code);
    return found ? (lang === 'vi' ? found.name_vi : found.name_en) : code;
  };
}
