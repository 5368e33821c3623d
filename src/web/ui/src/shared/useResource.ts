import { useCallback, useEffect, useRef, useState } from 'react';

export interface Resource<T> {
  data: T | undefined;
  problem: unknown;
  loading: boolean;
  reload: () => void;
}

/** Something read from the server: again when `on` changes or when asked; an older answer never wins. */
export function useResource<T>(read: () => Promise<T>, on: string): Resource<T> {
  const [state, setState] = useState<{ data: T | undefined; problem: unknown; loading: boolean; on: string }>({
    data: undefined,
    problem: undefined,
    loading: true,
    on,
  });
  const [turn, setTurn] = useState(0);
  const latest = useRef(read);
  latest.current = read;
  useEffect(() => {
    let stale = false;
    setState((before) => ({ ...before, loading: true }));
    latest.current().then(
      (data) => !stale && setState({ data, problem: undefined, loading: false, on }),
      (problem: unknown) => !stale && setState((before) => ({ ...before, problem, loading: false })),
    );
    return () => {
      stale = true;
    };
  }, [on, turn]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  return { data: state.data, problem: state.problem, loading: state.loading, reload };
}
