import { useEffect, useRef } from 'react';
import { ScannedKeys } from './scanned';

/** Hears a ticket's code while it may be shown under the reader, wherever the focus is. */
export function useScannedTicket(active: boolean, onTicket: (code: string) => void): void {
  const latest = useRef(onTicket);
  latest.current = onTicket;
  useEffect(() => {
    if (!active) return;
    const keys = new ScannedKeys();
    const down = (event: KeyboardEvent) => {
      // A browser that fills in a field by itself names no key.
      if (!event.key) return;
      // It would press what was touched last: whoever asked for large letters would have them taken away.
      if (keys.ends(event.key)) event.preventDefault();
      const code = keys.press(event.key);
      if (code) latest.current(code);
    };
    addEventListener('keydown', down);
    return () => removeEventListener('keydown', down);
  }, [active]);
}
