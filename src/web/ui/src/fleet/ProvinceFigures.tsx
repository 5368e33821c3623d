/** The queue's figures of all centers for the province's leaders: days, rows, bars with their numbers, files. */
import { useMemo, useState } from 'react';
import type { HubApi } from '../api/hub';
import type { NodeRow, ProvinceBy, ProvinceReport, ReportRow } from '../api/types';
import { DaysState, DaysWish } from '../console/figures/DaysWish';
import { Bar } from '../console/figures/HourBars';
import { barOf, DAYS_MAX, dayOf, share, short, spread } from '../console/figures/logic';
import { date } from '../shared/format';
import { useResource } from '../shared/useResource';
import { useLang, type Lang } from '../text/text';
import { useText, type Text } from './figuresText';
import { DAYS_OF_ALL_MAX, provinceRangeProblem, unitsOf } from './provinceFigures';

const BY: ProvinceBy[] = ['unit', 'place', 'hour', 'day', 'service', 'class'];

export function ProvinceFigures({ api, epoch, nodes, now }: { api: HubApi; epoch: number; nodes: NodeRow[]; now: number }) {
  const t = useText();
  const today = dayOf(now);
  const [from, setFrom] = useState(today);
  const [to, setTo] = useState(today);
  const [by, setBy] = useState<ProvinceBy>('unit');
  const [unit, setUnit] = useState('');
  const units = useMemo(() => unitsOf(nodes), [nodes]);
  const wrong = provinceRangeProblem(from, to, unit);
  const { data, problem, loading } = useResource<ProvinceReport | null>(
    () => (wrong ? Promise.resolve(null) : api.report(from, to, by, unit || undefined)),
    `${epoch}|${from}|${to}|${by}|${unit}`,
  );
  const nothing = data && data.rows.length === 0;
  return (
    <section className="card figures-days" aria-labelledby="province-figures" aria-busy={loading}>
      <div className="card-head">
        <h2 id="province-figures">{t('title')}</h2>
        {wrong ? null : (
          <span className="figures-files">
            {(['xlsx', 'csv'] as const).map((kind) => (
              <a key={kind} className="button" href={api.reportAddress(kind, from, to, by, unit || undefined)} download>
                {t(kind)}
              </a>
            ))}
          </span>
        )}
      </div>
      <DaysWish from={from} to={to} today={today} onFrom={setFrom} onTo={setTo} all={BY} by={by} onBy={setBy} byName={(one) => t(`by_${one}`)}>
        <label className="field">
          <span>{t('unit')}</span>
          <select value={unit} onChange={(event) => setUnit(event.target.value)}>
            <option value="">{t('allUnits')}</option>
            {units.map((one) => (
              <option key={one.code} value={one.code}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
      </DaysWish>
      <DaysState
        wrong={wrong && t(wrong, { max: wrong === 'tooLongForAll' ? DAYS_OF_ALL_MAX : DAYS_MAX })}
        problem={problem}
        known={!!data}
        nothing={!!nothing}
      />
      {!wrong && data && !nothing ? (
        <>
          <Bars report={data} />
          <Table report={data} />
          <p className="soft">
            {t('unitsCounted', { count: data.units })} {t('note')}
          </p>
        </>
      ) : null}
      <p>
        <a href="/cho" target="_blank" rel="noreferrer">
          {t('publicPage')}
        </a>
      </p>
    </section>
  );
}

/** What a row is of, in the words of the page. */
function rowName(by: string, row: ReportRow, lang: Lang, t: Text): string {
  switch (by) {
    case 'hour':
      return t('hour', { hour: row.key });
    case 'day':
      return date(row.key);
    case 'class':
      return row.key === 'priority' ? t('priority') : t('regular');
    default:
      return (lang === 'en' ? row.name_en : null) ?? row.name_vi ?? row.key;
  }
}

const headOf = (by: string): ProvinceBy => BY.find((one) => one === by) ?? 'unit';

/** A table whose numbers have bars: who cannot see the bars has the numbers. */
function Bars({ report }: { report: ProvinceReport }) {
  const t = useText();
  const lang = useLang();
  const mostIssued = Math.max(0, ...report.rows.map((row) => row.figures.issued));
  const mostWait = Math.max(0, ...report.rows.map((row) => row.figures.wait.p90_s));
  return (
    <table className="figures-bars" aria-label={t('chart')}>
      <thead>
        <tr>
          <th scope="col">{t(`by_${headOf(report.by)}`)}</th>
          <th scope="col">{t('colIssued')}</th>
          <th scope="col">{t('chartWait')}</th>
        </tr>
      </thead>
      <tbody>
        {report.rows.map((row) => (
          <tr key={row.key}>
            <th scope="row">{rowName(report.by, row, lang, t)}</th>
            <td>
              <Bar length={barOf(row.figures.issued, mostIssued)} kind="issued" />
              <span>{row.figures.issued}</span>
            </td>
            <td>
              <Bar length={barOf(row.figures.wait.p90_s, mostWait)} kind="wait" />
              <span>{row.figures.wait.count === 0 ? t('unknown') : short(row.figures.wait.p90_s)}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Table({ report }: { report: ProvinceReport }) {
  const t = useText();
  const lang = useLang();
  return (
    <div className="figures-table" role="region" aria-label={t('table')} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t(`by_${headOf(report.by)}`)}</th>
            <th scope="col">{t('colIssued')}</th>
            <th scope="col">{t('colWait')}</th>
            <th scope="col">{t('colKept')}</th>
            <th scope="col">{t('colCalls')}</th>
            <th scope="col">{t('colServing')}</th>
            <th scope="col">{t('colNoShow')}</th>
            <th scope="col">{t('colTransfer')}</th>
          </tr>
        </thead>
        <tbody>
          {report.rows.map((row) => (
            <Row key={row.key} name={rowName(report.by, row, lang, t)} of={row.figures} />
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
  return (
    <tr>
      <th scope="row">{name}</th>
      <td className="number">{of.issued}</td>
      <td className="number">{known(spread(of.wait, ['p50_s', 'p90_s', 'p95_s']))}</td>
      <td className="number">{known(share(of.kept, of.promised))}</td>
      <td className="number">{of.calls}</td>
      <td className="number">{known(spread(of.serving, ['p50_s', 'p90_s', 'p95_s']))}</td>
      <td className="number">{of.no_shows}</td>
      <td className="number">{of.transfers}</td>
    </tr>
  );
}
