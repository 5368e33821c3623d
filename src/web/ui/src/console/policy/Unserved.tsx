/** Groups that nobody at an open counter may serve: told to everybody, before citizens wait in vain. */
import { useLang } from '../../text/text';
import { useDesk } from '../context';
import { named } from '../NextServicesDialog';
import { useText } from './text';

export function Unserved() {
  const t = useText();
  const lang = useLang();
  const { queue, services, counter } = useDesk();
  const left = queue?.unserved ?? [];
  // A snapshot leaves out what is empty.
  const own = counter && counter.state !== 'closed' ? (counter.withheld ?? []) : [];
  const ownLine = own.length > 0 ? <p className="soft">{t('ownWithheld', { services: named(own, services, lang) })}</p> : null;
  if (left.length === 0) return ownLine;
  return (
    <div className="banner warn" role="status">
      <p>
        <strong>{t('unservedTitle')}</strong>
      </p>
      {left.map((one) => (
        <p key={one.service}>
          {t('unservedWaiting', { service: named([one.service], services, lang), count: one.waiting })}
          {one.withheld_at.length > 0 ? ` ${t('unservedWithheld', { counters: one.withheld_at.join(', ') })}` : null}
        </p>
      ))}
      {ownLine}
    </div>
  );
}
