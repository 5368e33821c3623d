/** What the head sees: the hall now, with the advice to open a counter, the hours to come, and the figures of past days. */
import { HallNow } from './HallNow';
import { PastDays } from './PastDays';

export function FiguresPage() {
  return (
    <>
      <HallNow />
      <PastDays />
    </>
  );
}
