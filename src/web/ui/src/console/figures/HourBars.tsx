/** A table whose numbers have bars: who cannot see the bars has the numbers. */
import type { ReportRow } from '../../api/types';
import { barOf, hours, short } from './logic';
import { useText } from './text';

export function HourBars({ rows }: { rows: ReportRow[] }) {
  const t = useText();
  const told = hours(rows);
  const mostIssued = Math.max(0, ...told.map((one) => one.issued));
  const mostWait = Math.max(0, ...told.map((one) => one.waitS ?? 0));
  return (
    <table className="figures-bars" aria-label={t('chart')}>
      <thead>
        <tr>
          <th scope="col">{t('by_hour')}</th>
          <th scope="col">{t('colIssued')}</th>
          <th scope="col">{t('chartWait')}</th>
        </tr>
      </thead>
      <tbody>
        {told.map((one) => (
          <tr key={one.hour}>
            <th scope="row">{t('hour', { hour: one.hour })}</th>
            <td>
              <Bar length={barOf(one.issued, mostIssued)} kind="issued" />
              <span>{one.issued}</span>
            </td>
            <td>
              <Bar length={barOf(one.waitS ?? 0, mostWait)} kind="wait" />
              <span>{one.waitS === null ? t('unknown') : short(one.waitS)}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Drawn, because the content policy allows no style in an element. */
export function Bar({ length, kind }: { length: number; kind: 'issued' | 'wait' }) {
  return (
    <svg className={`bar ${kind}`} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <rect x="0" y="0" width={length} height="10" />
    </svg>
  );
}
