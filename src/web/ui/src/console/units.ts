import type { Custody, Dossier, HandOverEnd, Unit } from '../api/types';
import { dateTime, fold } from '../shared/format';
import { useDesk } from './context';
import { useResource } from '../shared/useResource';
import type { Text } from './text';

export function useUnits() {
  const { api, epoch } = useDesk();
  const { data, problem } = useResource(() => api.units(), `${epoch}`);
  const units = data ?? [];
  return { units, problem, name: (node: string) => nameOf(units, node) };
}

/** The name behind «06658-1»: of the reception point, or of the unit; the number itself while the list is not there. */
export const nameOf = (units: Unit[], node: string): string =>
  (units.find((unit) => unit.node === node) ?? units.find((unit) => unit.code === node.split('-')[0]))?.name ?? node;

/** What is typed need not carry marks, and may be the code. */
export function matching(units: Unit[], typed: string): Unit[] {
  const wanted = fold(typed);
  return units.filter((unit) => fold(unit.name).includes(wanted) || unit.code.startsWith(wanted));
}

/** The national state of a dossier whose result was handed out. */
export const RETURNED = 10;

interface HandedOver {
  state?: number | undefined;
  custody: Custody;
  custody_note?: string | null | undefined;
  last_hand_over?: HandOverEnd | null | undefined;
}

/** Where the dossier is and what became of its hand-over, one sentence each; nothing is said twice. */
export function custodyLines({ state, custody, custody_note, last_hand_over }: HandedOver, name: (node: string) => string, t: Text): string[] {
  const said = custody_note ? [t('custodyNote', { note: custody_note })] : [];
  switch (custody.state) {
    case 'held': {
      // What was handed out is not here any more.
      if (!last_hand_over) return state === RETURNED ? [] : [t('custody_held')];
      const line = t(`ended_${last_hand_over.how}`, { unit: name(last_hand_over.to), time: dateTime(last_hand_over.at) });
      return last_hand_over.how === 'declined' && custody_note ? [line, t('custodyReason', { reason: custody_note })] : [line];
    }
    case 'passed_on': {
      const unit = name(custody.to);
      return [...(custody.too_late ? [t('takeBackTooLate', { unit })] : []), t('custody_passed_on', { unit }), ...said];
    }
    case 'handing_over':
    case 'taking_back':
    case 'accepted_away':
      return [t(`custody_${custody.state}`, { unit: name(custody.to) }), ...said];
    case 'offered':
      return [t('custody_offered', { unit: name(custody.from) }), ...said];
    case 'declined':
      return [t('custody_declined', { unit: name(custody.from) }), ...(custody_note ? [t('custodyReason', { reason: custody_note })] : [])];
  }
}

/** When the result was handed out, to whom, and what it is; nothing before that. */
export function returnLines({ returned, result, applicant }: Pick<Dossier, 'returned' | 'result' | 'applicant'>, t: Text): string[] {
  if (!returned) return [];
  const lines = [t('returnedOn', { time: dateTime(returned.at) })];
  if (returned.collector) lines.push(t('returnedToOther', { name: returned.collector.name }));
  // Without the owner's name the persons were erased: nobody knows any more who collected it.
  else if (applicant.name) lines.push(t('returnedToOwner'));
  if (result?.title) lines.push(t('resultLine', { title: result.title }));
  return lines;
}
