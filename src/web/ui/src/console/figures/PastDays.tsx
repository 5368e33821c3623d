/** The figures of some days: which days, what the rows are, a table, bars by hour, files to take away. */
import { useState } from 'react';
import type { Report, ReportBy, ReportRow } from '../../api/types';
import { date } from '../../shared/format';
import { useResource } from '../../shared/useResource';
import { useLang, type Lang } from '../../text/text';
import { useDesk } from '../context';
import { DaysState, DaysWish } from './DaysWish';
import { HourBars } from './HourBars';
import { DAYS_MAX, dayOf, rangeProblem, share, short, spread } from './logic';
import { useText, type Text } from './text';

const BY: ReportBy[] = ['hour', 'day', 'service', 'class', 'officer', 'counter'];

export function PastDays() {
  const t = useText();
  const { api, now, epoch } = useDesk();
  const today = dayOf(now);
  const [from, setFrom] = useState(today);
  const [to, setTo] = useState(today);
  const [by, setBy] = useState<ReportBy>('hour');
  const wrong = rangeProblem(from, to);
  const { data, problem, loading } = useResource(
    () => (wrong ? Promise.resolve(null) : api.report(from, to, by)),
    `${epoch}|${from}|${to}|${by}`,
  );
  const nothing = data && data.total.issued === 0 && data.total.calls === 0;
  return (
    <section className="card figures-days" aria-labelledby="figures-days" aria-busy={loading}>
      <div className="card-head">
        <h2 id="figures-days">{t('reportTitle')}</h2>
        {wrong ? null : (
          <span className="figures-files">
            {(['xlsx', 'csv', 'pdf'] as const).map((kind) => (
              <a key={kind} className="button" href={api.reportAddress(kind, from, to, by)} download>
                {t(kind)}
              </a>
            ))}
          </span>
        )}
      </div>
      <DaysWish from={from} to={to} today={today} onFrom={setFrom} onTo={setTo} all={BY} by={by} onBy={setBy} byName={(one) => t(`by_${one}`)} />
      <DaysState wrong={wrong && t(wrong, { max: DAYS_MAX })} problem={problem} known={!!data} nothing={!!nothing} />
      {!wrong && data && !nothing ? (
        <>
          {data.by === 'hour' ? <HourBars rows={data.rows} /> : null}
          <ReportTable report={data} />
          <details>
            <summary>{t('howCounted')}</summary>
            <ul>
              {(['how1', 'how2', 'how3', 'how4', 'how5'] as const).map((one) => (
                <li key={one}>{t(one)}</li>
              ))}
            </ul>
          </details>
        </>
      ) : null}
    </section>
  );
}

/** What a row is of, in the words of the page. */
export function rowName(by: ReportBy, row: ReportRow, lang: Lang, t: Text): string {
  const name = (lang === 'en' ? row.name_en : null) ?? row.name_vi ?? row.key;
  switch (by) {
    case 'hour':
      return t('hour', { hour: row.key });
    case 'day':
      return date(row.key);
    case 'class':
      return row.key === 'priority' ? t('priority') : t('regular');
    case 'officer':
      return row.key === '' ? t('unknownOfficer') : name;
    case 'counter':
      return row.name_vi ? `${t('counter', { number: row.key })} (${row.name_vi})` : t('counter', { number: row.key });
    default:
      return name;
  }
}

function ReportTable({ report }: { report: Report }) {
  const t = useText();
  const lang = useLang();
  const rows = report.rows.map((row) => ({ key: row.key, name: rowName(report.by, row, lang, t), of: row.figures }));
  return (
    <div className="figures-table" role="region" aria-label={t('table')} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t(`by_${report.by}`)}</th>
            <th scope="col">{t('colIssued')}</th>
            <th scope="col">{t('colWait')}</th>
            <th scope="col">{t('colKept')}</th>
            <th scope="col">{t('colCalls')}</th>
            <th scope="col">{t('colWalk')}</th>
            <th scope="col">{t('colServing')}</th>
            <th scope="col">{t('colNoShow')}</th>
            <th scope="col">{t('colTransfer')}</th>
            <th scope="col">{t('colFree')}</th>
            <th scope="col">{t('colFreeAll')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.key} name={row.name} of={row.of} />
          ))}
        </tbody>
        <tfoot>
          <Row name={t('total')} of={report.total} />
        </tfoot>
      </table>
    </div>
  );
}

function Row({ name, of }: { name: string; of: ReportRow['figures'] }) {
  const t = useText();
  const known = (text: string | null) => text ?? <span className="soft">{t('unknown')}</span>;
  const free = of.free == null ? null : spread(of.free, ['p50_s', 'p90_s', 'p95_s']);
  const freeAll = of.free_s == null ? null : `${short(of.free_s)} (${short(of.free_waiting_s ?? 0)})`;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td className="number">{of.issued}</td>
      <td className="number">{known(spread(of.wait, ['p50_s', 'p90_s', 'p95_s']))}</td>
      <td className="number">{known(share(of.kept, of.promised))}</td>
      <td className="number">{of.calls}</td>
      <td className="number">{known(spread(of.walk, ['p50_s', 'p95_s']))}</td>
      <td className="number">{known(spread(of.serving, ['p50_s', 'p90_s', 'p95_s']))}</td>
      <td className="number">{of.no_shows}</td>
      <td className="number">{of.transfers}</td>
      <td className="number">{known(free)}</td>
      <td className="number">{known(freeAll)}</td>
    </tr>
  );
}
