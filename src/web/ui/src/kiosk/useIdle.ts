import { useEffect, useState } from 'react';

/** Seconds left until nobody is taken to stand here any more; null while it does not count. */
export function useIdle(active: boolean, afterS: number, marker: unknown, onIdle: () => void): number | null {
  const [left, setLeft] = useState(afterS);
  useEffect(() => {
    if (!active) return;
    let until = Date.now() + afterS * 1000;
    setLeft(afterS);
    const touched = () => {
      until = Date.now() + afterS * 1000;
      setLeft(afterS);
    };
    const timer = setInterval(() => {
      const remaining = Math.ceil((until - Date.now()) / 1000);
      if (remaining <= 0) onIdle();
      else setLeft(remaining);
    }, 500);
    addEventListener('pointerdown', touched);
    addEventListener('keydown', touched);
    return () => {
      clearInterval(timer);
      removeEventListener('pointerdown', touched);
      removeEventListener('keydown', touched);
    };
  }, [active, afterS, marker, onIdle]);
  return active ? left : null;
}
