/** The browser asks before a page with something unfinished is reloaded or closed; the words are the browser's own. */
import { useEffect } from 'react';

export function useLeaveGuard(unfinished: boolean): void {
  useEffect(() => {
    if (!unfinished) return;
    const ask = (event: BeforeUnloadEvent) => {
      event.preventDefault();
      // Chrome before 119 looks at this only.
      event.returnValue = true;
    };
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [unfinished]);
}
