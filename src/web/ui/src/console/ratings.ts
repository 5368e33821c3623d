/** The sums of the assessment page. No React in here. */
import type { Level, RatingFigures } from '../api/types';

export const LEVELS: Level[] = ['very_satisfied', 'satisfied', 'dissatisfied'];

export interface Row {
  /** What the row is about; empty where the votes do not say. */
  key: string;
  levels: Record<Level, number>;
  total: number;
}

interface Counted {
  level: Level;
  count: number;
}

/** A row for each key, in the order in which keys come. */
export function rowsBy<T extends Counted>(figures: readonly T[], key: (figure: T) => string): Row[] {
  const rows = new Map<string, Row>();
  for (const figure of figures) {
    const name = key(figure);
    const row = rows.get(name) ?? { key: name, levels: { very_satisfied: 0, satisfied: 0, dissatisfied: 0 }, total: 0 };
    row.levels[figure.level] += figure.count;
    row.total += figure.count;
    rows.set(name, row);
  }
  return [...rows.values()];
}

/** Officers' names by their accounts; of two with one name, each has its account beside it. */
export function officerNames(figures: RatingFigures['officers']): Map<string, string> {
  const names = new Map(figures.map((one) => [one.officer, one.name ?? one.officer]));
  const shared = (name: string) => [...names.values()].filter((other) => other === name).length > 1;
  return new Map([...names].map(([officer, name]) => [officer, shared(name) ? `${name} (${officer})` : name]));
}

/** How many of a hundred; a dash where nobody voted. One place behind the comma, as in our reports. */
export function share(count: number, total: number): string {
  return total === 0 ? '–' : `${((count / total) * 100).toFixed(1).replace('.', ',')}%`;
}

/** The reasons with their sums over steps and services, the most frequent first. */
export function reasonsOf(figures: RatingFigures['reasons']): { reason: string; count: number }[] {
  const sums = new Map<string, number>();
  for (const { reason, count } of figures) sums.set(reason, (sums.get(reason) ?? 0) + count);
  return [...sums].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason));
}
