/** What the leaders' figures work out by themselves: which days may be asked for, which unit a box is of. */
import type { NodeRow } from '../api/types';
import { rangeProblem, type RangeProblem } from '../console/figures/logic';

/** The server refuses more days of all units at once. */
export const DAYS_OF_ALL_MAX = 31;

const DAY_MS = 86_400_000;

/** Why these days cannot be asked for, of all units or of one. */
export function provinceRangeProblem(from: string, to: string, unit: string): RangeProblem | 'tooLongForAll' | null {
  const problem = rangeProblem(from, to);
  if (problem || unit) return problem;
  return (Date.parse(to) - Date.parse(from)) / DAY_MS + 1 > DAYS_OF_ALL_MAX ? 'tooLongForAll' : null;
}

/** Every unit once, by name; a unit may have several boxes. */
export function unitsOf(nodes: NodeRow[]): { code: string; name: string }[] {
  const units = new Map<string, string>();
  for (const { node, unit_name } of nodes) {
    const code = node.split('-')[0] ?? node;
    if (!units.has(code)) units.set(code, unit_name);
  }
  return [...units].map(([code, name]) => ({ code, name })).sort((a, b) => a.name.localeCompare(b.name, 'vi'));
}
