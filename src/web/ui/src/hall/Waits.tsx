/** How long who takes a number now will wait, by service group: one line, of which the end gives way. */
import type { HallWait } from '../api/types';
import { useLang } from '../text/text';
import { longestFirst } from './longest';
import { useText } from './text';

/** The first of the fields that a group's name lists: there is no room for all. */
const short = (name: string) => name.split(',')[0];

export function Waits({ waits }: { waits: HallWait[] }) {
  const t = useText();
  const lang = useLang();
  if (waits.length === 0) return null;
  const said = ({ low_min, high_min, break_until, closes_at }: HallWait) => {
    if (high_min == null) return t('waitUnknown');
    const range = low_min ? t('waitRange', { low: low_min, high: high_min }) : t('waitShort', { high: high_min });
    if (closes_at) return `${range}, ${t('waitClosing', { at: closes_at })}`;
    return break_until ? `${range}, ${t('waitBreak', { at: break_until })}` : range;
  };
  return (
    <p className="waits">
      {t('waits')}
      {longestFirst(waits).map((wait) => (
        <span key={wait.service} className="wait">
          {short(lang === 'en' ? wait.name_en : wait.name_vi)} <strong>{said(wait)}</strong>
        </span>
      ))}
    </p>
  );
}
