/** The hall's pages as they say themselves: kiosks, hall screens, tablets; the worst first. */
import { useEffect, useState } from 'react';
import type { CenterApi } from '../api/center';
import type { Surface, SurfaceState, SurfaceTrouble } from '../api/types';
import { clock, date } from '../shared/format';
import { LoadingNotice } from '../shared/Notice';
import { problemText } from '../shared/problem';
import { useResource } from '../shared/useResource';
import { useNow } from '../live/useLive';
import { useLang } from '../text/text';
import { useDesk } from './context';
import { useText, type Text } from './text';

const EVERY_MS = 15_000;
const WORST_FIRST: Record<SurfaceState, number> = { silent: 0, troubled: 1, unheard: 2, well: 3 };
/** The lamps of devices. */
const LAMP: Record<SurfaceState, string> = { silent: 'offline', troubled: 'degraded', unheard: 'degraded', well: 'online' };

function said(surface: Surface, trouble: SurfaceTrouble, t: Text): string {
  switch (trouble) {
    case 'votes_kept':
      return t('surface_votes_kept', { count: surface.kept });
    case 'votes_aside':
      return t('surface_votes_aside', { count: surface.aside });
    case 'clock_off':
      return t('surface_clock_off', { seconds: Math.round(Math.abs(surface.offset_ms ?? 0) / 1000) });
    case 'other_version':
      return t('surface_other_version', { version: surface.version ?? '' });
    default:
      return t(`surface_${trouble}`);
  }
}

const COUNTED_EVERY_MS = 30_000;

/** How many pages a person should look at; those that were never opened are no trouble. */
export function useTroubledSurfaces(api: CenterApi, epoch: number, now: number): number {
  const [count, setCount] = useState(0);
  const turn = Math.floor(now / COUNTED_EVERY_MS);
  useEffect(() => {
    api.surfaces().then(
      (all) => setCount(all.filter((one) => one.state === 'silent' || one.state === 'troubled').length),
      () => undefined,
    );
  }, [api, epoch, turn]);
  return count;
}

export function SurfacesCard() {
  const t = useText();
  const lang = useLang();
  const { api, epoch } = useDesk();
  const turn = Math.floor(useNow(0, EVERY_MS) / EVERY_MS);
  const { data, problem } = useResource(() => api.surfaces(), `${epoch}|${turn}`);
  const named = (surface: Surface) => {
    const kind = surface.role === 'load' ? t('surface_hall') : t(`surface_${surface.role}`);
    const place = surface.counter ? `${t('counterNumber', { number: surface.counter })}: ${kind}` : kind;
    return surface.title ? `${place} (${surface.title})` : place;
  };
  return (
    <section className="card">
      <h2>{t('surfacesTitle')}</h2>
      {problem ? <p className="problem">{problemText(problem, lang, t)}</p> : null}
      {!data && !problem ? <LoadingNotice /> : null}
      {data?.length === 0 ? <p className="empty">{t('noSurfaces')}</p> : null}
      <ul className="surfaces">
        {[...(data ?? [])]
          .sort((a, b) => WORST_FIRST[a.state] - WORST_FIRST[b.state] || a.device.localeCompare(b.device))
          .map((surface) => (
            <li key={`${surface.device} ${surface.page ?? ''}`}>
              <span className={`lamp ${LAMP[surface.state]}`} aria-hidden="true" />
              <div>
                <strong>{named(surface)}</strong>
                <span className="soft code">{surface.device}</span>
              </div>
              <div>
                <span className={`badge ${LAMP[surface.state]}`}>{t(`surface_is_${surface.state}`)}</span>{' '}
                {surface.heard_at ? <span className="soft">{t('surfaceHeard', { time: `${clock(surface.heard_at)} ${date(surface.heard_at)}` })}</span> : null}
                {surface.state === 'silent' ? <p>{t('surfaceSilentWhy')}</p> : null}
                {surface.state === 'unheard' ? <p className="soft">{t('surfaceUnheardWhy')}</p> : null}
                {surface.troubles.map((trouble) => (
                  <p key={trouble}>{said(surface, trouble, t)}</p>
                ))}
                {surface.error ? <p className="soft code">{t('surfaceError', { code: surface.error })}</p> : null}
              </div>
            </li>
          ))}
      </ul>
    </section>
  );
}
