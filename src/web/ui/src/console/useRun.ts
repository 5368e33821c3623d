import { useCallback, useRef, useState } from 'react';
import { useDesk } from './context';

/** One command at a time: a second press while the first is under way does nothing. */
export function useRun() {
  const { fail } = useDesk();
  const busy = useRef(false);
  const [running, setRunning] = useState(false);
  const run = useCallback(
    async (act: () => Promise<void>) => {
      if (busy.current) return;
      busy.current = true;
      setRunning(true);
      try {
        await act();
      } catch (problem) {
        fail(problem);
      } finally {
        busy.current = false;
        setRunning(false);
      }
    },
    [fail],
  );
  return { run, running };
}
