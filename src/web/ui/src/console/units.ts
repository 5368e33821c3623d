import type { Custody, Unit } from '../api/types';
import { fold } from '../shared/format';
import { useDesk } from './context';
import { useResource } from '../shared/useResource';
import type { Text } from './text';

export function useUnits() {
  const { api, epoch } = useDesk();
  const { data, problem } = useResource(() => api.units(), `${epoch}`);
  const units = data ?? [];
  /** The name behind «06658-1»; the number itself while the list is not there. */
  const name = (node: string) => units.find((unit) => unit.node === node || unit.code === node.split('-')[0])?.name ?? node;
  return { units, problem, name };
}

/** What is typed need not carry marks, and may be the code. */
export function matching(units: Unit[], typed: string): Unit[] {
  const wanted = fold(typed);
  return units.filter((unit) => fold(unit.name).includes(wanted) || unit.code.startsWith(wanted));
}

export function custodyText(custody: Custody, name: (node: string) => string, t: Text): string {
  switch (custody.state) {
    case 'held':
      return t('custody_held');
    case 'handing_over':
    case 'taking_back':
    case 'accepted_away':
      return t(`custody_${custody.state}`, { unit: name(custody.to) });
    case 'offered':
    case 'declined':
      return t(`custody_${custody.state}`, { unit: name(custody.from) });
  }
}
