/**
 * Votes that the center has not taken yet. They lie in the browser's database under the identifier that
 * makes a repeat harmless, so that a tablet which restarts while the box is away still sends them.
 */
import type { Vote } from '../api/types';

const DATABASE = 'motcua-tablet';
const STORE = 'votes';
/** So many votes are kept; when one more comes, the oldest goes. A box is not away for so many. */
export const KEPT_MAX = 500;

export interface VoteBox {
  keep(vote: Vote): Promise<void>;
  /** In the order in which they were given. */
  all(): Promise<Vote[]>;
  drop(clientId: string): Promise<void>;
}

/** For a browser that has no database, and for tests: kept as long as the page lives. */
export function memoryBox(): VoteBox {
  let votes: Vote[] = [];
  return {
    keep: async (vote) => {
      votes = [...votes.filter((one) => one.client_id !== vote.client_id), vote].slice(-KEPT_MAX);
    },
    all: async () => [...votes],
    drop: async (clientId) => {
      votes = votes.filter((one) => one.client_id !== clientId);
    },
  };
}

export async function openBox(): Promise<VoteBox> {
  try {
    return databaseBox(await open());
  } catch {
    return memoryBox();
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    // The running number keeps the order, also when two votes fall into one millisecond.
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { autoIncrement: true }).createIndex('client_id', 'client_id', { unique: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function databaseBox(database: IDBDatabase): VoteBox {
  const act = <T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T> | null): Promise<T | undefined> =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode, { durability: 'strict' });
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = () => reject(transaction.error);
    });
  const drop = (clientId: string) =>
    act('readwrite', (store) => {
      const found = store.index('client_id').getKey(clientId);
      found.onsuccess = () => {
        if (found.result !== undefined) store.delete(found.result);
      };
      return null;
    }).then(() => undefined);
  return {
    drop,
    all: async () => ((await act('readonly', (store) => store.getAll())) ?? []) as Vote[],
    keep: async (vote) => {
      await act('readwrite', (store) => {
        store.add(vote);
        const keys = store.getAllKeys();
        keys.onsuccess = () => {
          for (const key of keys.result.slice(0, -KEPT_MAX)) store.delete(key);
        };
        return null;
      });
    },
  };
}
