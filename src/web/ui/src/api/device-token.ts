/**
 * A device's token: given once in the address after `#`, which never leaves the browser, then kept.
 * The fragment is removed at once so that it does not stand on a screen in the hall.
 */
const TOKEN = 'motcua.token';
const COUNTER = 'motcua.counter';

/** Keeps what the center gave this page when it was let in; a counter of an earlier token goes with it. */
export function keepIdentity(
  surface: string,
  token: string,
  counter: number | undefined,
  storage: Pick<Storage, 'setItem' | 'removeItem'> = localStorage,
): void {
  storage.setItem(`${TOKEN}.${surface}`, token);
  if (counter === undefined) storage.removeItem(`${COUNTER}.${surface}`);
  else storage.setItem(`${COUNTER}.${surface}`, String(counter));
}

export interface DeviceIdentity {
  token: string | undefined;
  counter: number | undefined;
}

export function takeIdentity(
  surface: string,
  place: Pick<Location, 'hash' | 'pathname' | 'search'> = location,
  storage: Pick<Storage, 'getItem' | 'setItem'> = localStorage,
  clean: (address: string) => void = (address) => history.replaceState(null, '', address),
): DeviceIdentity {
  const given = new URLSearchParams(place.hash.replace(/^#/, ''));
  const asked = new URLSearchParams(place.search);
  const token = given.get('token');
  const counter = given.get('counter') ?? asked.get('counter');
  if (token) storage.setItem(`${TOKEN}.${surface}`, token);
  if (counter && /^\d{1,3}$/.test(counter)) storage.setItem(`${COUNTER}.${surface}`, counter);
  if (token) clean(place.pathname + place.search);
  const kept = storage.getItem(`${COUNTER}.${surface}`);
  return {
    token: storage.getItem(`${TOKEN}.${surface}`) ?? undefined,
    counter: kept ? Number(kept) : undefined,
  };
}
