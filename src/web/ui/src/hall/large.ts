import type { Hall, HallCall, HallNow } from '../api/types';

/** What stands large: the call of this moment, else the last one as long as its number is at the counter. */
export function large(hall: Hall): { label: string; counter: number; call: HallCall | undefined } | null {
  const stillThere = (call: HallCall) => hall.counters.some((one) => one.number === call.counter && one.label === call.label);
  const shown = hall.now ?? hall.calls.find(stillThere);
  if (!shown) return null;
  const { label, counter } = shown;
  return { label, counter, call: hall.calls.find((one) => one.label === label && one.counter === counter) };
}

/** What the voice says besides number and counter, for whoever does not hear it; nothing of a call gone by. */
export function besides(now: HallNow | null | undefined): ('movesOn' | 'comesBack' | 'forResult')[] {
  const way = now?.way === 'moves_on' ? (['movesOn'] as const) : now?.way === 'comes_back' ? (['comesBack'] as const) : [];
  return [...way, ...(now?.result ? (['forResult'] as const) : [])];
}
