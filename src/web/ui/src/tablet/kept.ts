/**
 * Votes that the center has not taken yet. They lie in the browser's database under the identifier that
 * makes a repeat harmless, so that a tablet which restarts while the box is away still sends them. What
 * was refused for good is put aside: that it was, and why, but nothing of what the citizen said.
 */
import type { Vote } from '../api/types';

const DATABASE = 'motcua-tablet';
/** 2 has the votes that were put aside; those that 1 kept stay where they are. */
const VERSION = 2;
const VOTES = 'votes';
const ASIDE = 'aside';
/** So many votes are kept; when one more comes, the oldest is put aside. A box is not away for so many. */
export const KEPT_MAX = 500;
/** So many of those that were put aside are remembered, the newest. */
export const ASIDE_MAX = 50;
/** For so long is remembered, and said to the staff, that a vote was put aside. */
export const ASIDE_MS = 7 * 86_400_000;
/** Why a vote was put aside without a word from the center: there was no room. */
export const NO_ROOM = 'tablet.no_room';

/** A vote that will not be sent any more. */
export interface Aside {
  client_id: string;
  /** The refusal's code. */
  code: string;
  /** When, in milliseconds. */
  at: number;
}

export interface VoteBox {
  /** Whether what is kept outlasts a restart. */
  readonly lasting: boolean;
  keep(vote: Vote): Promise<void>;
  /** In the order in which they were given. */
  all(): Promise<Vote[]>;
  drop(clientId: string): Promise<void>;
  /** In one step: it is among those that are sent no longer, and is remembered as put aside. */
  setAside(clientId: string, code: string, at: number): Promise<void>;
  aside(): Promise<Aside[]>;
}

/** Those that are remembered no longer: too old, or too many. */
export function forgotten(all: readonly Aside[], now: number): Aside[] {
  const newestFirst = [...all].sort((a, b) => b.at - a.at);
  return newestFirst.filter((one, place) => place >= ASIDE_MAX || now - one.at > ASIDE_MS);
}

/** Those that the staff is still told of. They are forgotten only when the next is put aside. */
export const recent = (all: readonly Aside[], now: number): Aside[] => all.filter((one) => now - one.at <= ASIDE_MS);

/** For a browser that has no database, and for tests: kept as long as the page lives. */
export function memoryBox(): VoteBox {
  let votes: Vote[] = [];
  let put: Aside[] = [];
  const putAside = (client_id: string, code: string, at: number) => {
    put = [...put.filter((one) => one.client_id !== client_id), { client_id, code, at }];
    const old = new Set(forgotten(put, at));
    put = put.filter((one) => !old.has(one));
  };
  return {
    lasting: false,
    keep: async (vote) => {
      votes = [...votes.filter((one) => one.client_id !== vote.client_id), vote];
      for (const old of votes.slice(0, -KEPT_MAX)) putAside(old.client_id, NO_ROOM, Date.now());
      votes = votes.slice(-KEPT_MAX);
    },
    all: async () => [...votes],
    drop: async (clientId) => {
      votes = votes.filter((one) => one.client_id !== clientId);
    },
    setAside: async (clientId, code, at) => {
      if (!votes.some((one) => one.client_id === clientId)) return;
      votes = votes.filter((one) => one.client_id !== clientId);
      putAside(clientId, code, at);
    },
    aside: async () => [...put],
  };
}

/** A database that for so long says neither yes nor no has failed: nobody waits for it any longer. */
export const HANGS_MS = 5_000;

function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hangs = new Promise<never>((_, failed) => {
    timer = setTimeout(() => failed(new Error('hangs')), HANGS_MS);
  });
  return Promise.race([work, hangs]).finally(() => clearTimeout(timer));
}

/**
 * A box that never stops a citizen: what the database does not take, the page's memory keeps, and what
 * the database still holds is sent all the same. It says so by no longer being lasting.
 */
export function sturdyBox(base: VoteBox): VoteBox {
  const spare = memoryBox();
  let broken = false;
  /** Taken or put aside while the database could not be written: not sent again by this page. */
  const ended = new Set<string>();
  const orElse = async <T>(work: Promise<T>, instead: T): Promise<T> => {
    try {
      return await inTime(work);
    } catch {
      broken = true;
      return instead;
    }
  };
  return {
    get lasting() {
      return base.lasting && !broken;
    },
    keep: async (vote) => {
      if (!(await orElse(base.keep(vote).then(() => true), false))) await spare.keep(vote);
    },
    all: async () => {
      const lasting = (await orElse(base.all(), [])).filter((vote) => !ended.has(vote.client_id));
      // A database that only hung may have kept in the end what was thought lost.
      const known = new Set(lasting.map((vote) => vote.client_id));
      return [...lasting, ...(await spare.all()).filter((vote) => !known.has(vote.client_id))];
    },
    drop: async (clientId) => {
      await spare.drop(clientId);
      // One that stays is sent once more by the next page, and counts once.
      if (!(await orElse(base.drop(clientId).then(() => true), false))) ended.add(clientId);
    },
    setAside: async (clientId, code, at) => {
      await spare.setAside(clientId, code, at);
      if (!(await orElse(base.setAside(clientId, code, at).then(() => true), false))) ended.add(clientId);
    },
    aside: async () => [...(await orElse(base.aside(), [])), ...(await spare.aside())],
  };
}

export async function openBox(): Promise<VoteBox> {
  try {
    const database = await inTime(open());
    // Where nobody asks otherwise a browser may throw a page's data away when its disk is full.
    void navigator.storage?.persist?.().catch(() => false);
    return sturdyBox(databaseBox(database));
  } catch {
    return memoryBox();
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, VERSION);
    let late = false;
    request.onupgradeneeded = ({ oldVersion }) => {
      const database = request.result;
      // The running number keeps the order, also when two votes fall into one millisecond.
      if (oldVersion < 1) database.createObjectStore(VOTES, { autoIncrement: true }).createIndex('client_id', 'client_id', { unique: true });
      if (oldVersion < 2) database.createObjectStore(ASIDE, { keyPath: 'client_id' });
    };
    // A page of an earlier release stands open beside this one: this one does not wait for it.
    request.onblocked = () => {
      late = true;
      reject(new Error('blocked'));
    };
    request.onsuccess = () => {
      const database = request.result;
      // The next release's page must not wait for this one.
      database.onversionchange = () => database.close();
      if (late) database.close();
      else resolve(database);
    };
    request.onerror = () => reject(request.error);
  });
}

function databaseBox(database: IDBDatabase): VoteBox {
  type Work<T> = (votes: IDBObjectStore, aside: IDBObjectStore) => IDBRequest<T> | null;
  const act = <T>(mode: IDBTransactionMode, work: Work<T>): Promise<T | undefined> =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction([VOTES, ASIDE], mode, { durability: 'strict' });
      const request = work(transaction.objectStore(VOTES), transaction.objectStore(ASIDE));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = () => reject(transaction.error);
    });
  /** Takes a vote out; `then` only when it was there. */
  const take = (votes: IDBObjectStore, clientId: string, then: () => void = () => undefined) => {
    const found = votes.index('client_id').getKey(clientId);
    found.onsuccess = () => {
      if (found.result === undefined) return;
      votes.delete(found.result);
      then();
    };
  };
  const putAside = (aside: IDBObjectStore, one: Aside) => {
    aside.put(one);
    const all = aside.getAll();
    all.onsuccess = () => {
      for (const old of forgotten(all.result as Aside[], one.at)) aside.delete(old.client_id);
    };
  };
  return {
    lasting: true,
    keep: async (vote) => {
      await act('readwrite', (votes, aside) => {
        votes.add(vote);
        const keys = votes.getAllKeys();
        keys.onsuccess = () => {
          for (const key of keys.result.slice(0, -KEPT_MAX)) {
            const old = votes.get(key);
            old.onsuccess = () => {
              votes.delete(key);
              putAside(aside, { client_id: (old.result as Vote).client_id, code: NO_ROOM, at: Date.now() });
            };
          }
        };
        return null;
      });
    },
    all: async () => ((await act('readonly', (votes) => votes.getAll())) ?? []) as Vote[],
    drop: async (clientId) => {
      await act('readwrite', (votes) => {
        take(votes, clientId);
        return null;
      });
    },
    setAside: async (clientId, code, at) => {
      await act('readwrite', (votes, aside) => {
        take(votes, clientId, () => putAside(aside, { client_id: clientId, code, at }));
        return null;
      });
    },
    aside: async () => ((await act('readonly', (_, aside) => aside.getAll())) ?? []) as Aside[],
  };
}
