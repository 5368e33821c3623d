/** The rules side by side on past days: numbers to try, a trial with its progress, a table whose numbers have bars. */
import { useEffect, useId, useState } from 'react';
import type { Policy, PolicyNumbers, PolicyReplay, ReplayClass, ReplayFigures } from '../../api/types';
import { date } from '../../shared/format';
import { useDesk } from '../context';
import { barOf, share } from '../figures/logic';
import { useRun } from '../useRun';
import { NUMBERS, callsAs, figuresOf, longest, numbersOf, offered, sentence, typedOf, within, type NumberName } from './logic';
import { useText } from './text';

/** How often a running trial is looked at. */
const LOOK_EVERY_MS = 700;

export function Compare({ policy, onChoose }: { policy: Policy; onChoose: (to: PolicyNumbers) => void }) {
  const t = useText();
  const { api } = useDesk();
  const { run, running } = useRun();
  const [typed, setTyped] = useState(() => typedOf(policy.in_force));
  const { replay, show } = useReplay();
  const given = numbersOf(typed, policy.bounds);
  const works = replay?.state === 'running';
  const fields: (NumberName | 'days')[] = [...NUMBERS, 'days'];
  const begin = () =>
    void run(async () => {
      if (given) show(await api.replayPolicies(given.days, given.numbers));
    });
  const stop = () =>
    void run(async () => {
      await api.stopReplay();
      show(await api.policyReplay());
    });
  return (
    <section className="card policy" aria-labelledby="policy-compare" aria-busy={works}>
      <h2 id="policy-compare">{t('compareTitle')}</h2>
      <p className="soft">{t('compareHint')}</p>
      <form
        className="policy-wish"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!works && given) begin();
        }}
      >
        {fields.map((name) => (
          <NumberField
            key={name}
            label={t(name === 'days' ? 'replayDays' : name)}
            value={typed[name]}
            bounds={policy.bounds[name]}
            onChange={(value) => setTyped({ ...typed, [name]: value })}
          />
        ))}
        <span className="policy-keys">
          <button type="submit" className="button blue" disabled={works || running || !given}>
            {t('tryIt')}
          </button>
          {works ? (
            <button type="button" className="button" disabled={running} onClick={stop}>
              {t('stop')}
            </button>
          ) : null}
        </span>
      </form>
      <Progress replay={replay} />
      {given ? <Rules policy={policy} rules={offered(policy.in_force, given.numbers)} replay={replay} onChoose={onChoose} /> : null}
      <p className="soft">{t('compareLimits')}</p>
    </section>
  );
}

function NumberField({
  label,
  value,
  bounds,
  onChange,
}: {
  label: string;
  value: string;
  bounds: { least: number; most: number };
  onChange: (value: string) => void;
}) {
  const t = useText();
  const id = useId();
  const wrong = within(value, bounds) === null;
  return (
    <label className="field">
      <span>{label}</span>
      <input inputMode="numeric" value={value} aria-invalid={wrong} aria-describedby={wrong ? id : undefined} onChange={(event) => onChange(event.target.value)} />
      {wrong ? (
        <small id={id} className="missing" role="alert">
          {t('outOfBounds', bounds)}
        </small>
      ) : null}
    </label>
  );
}

/** The trial that was asked for last, also by somebody else; looked at again while it runs. */
function useReplay() {
  const { api, epoch } = useDesk();
  const [replay, show] = useState<PolicyReplay | null>(null);
  useEffect(() => {
    let away = false;
    api.policyReplay().then(
      (one) => !away && show(one),
      () => undefined,
    );
    return () => {
      away = true;
    };
  }, [api, epoch]);
  useEffect(() => {
    if (replay?.state !== 'running') return;
    let away = false;
    const look = () =>
      api.policyReplay().then(
        (one) => !away && show(one),
        // The line may come back; another look changes nothing.
        () => !away && show({ ...replay }),
      );
    const timer = setTimeout(() => void look(), LOOK_EVERY_MS);
    return () => {
      away = true;
      clearTimeout(timer);
    };
  }, [api, replay]);
  return { replay, show };
}

function Progress({ replay }: { replay: PolicyReplay | null }) {
  const t = useText();
  const said = () => {
    switch (replay?.state) {
      case 'running':
        return replay.days === 0 ? t('looking') : t('progress', { done: replay.done, days: replay.days });
      case 'stopped':
        return t('stopped');
      case 'no_days':
        return t('noDays');
      case 'failed':
        return t('failed');
      default:
        return null;
    }
  };
  const result = replay?.result;
  return (
    <div role="status">
      {replay?.state === 'running' ? <progress className="policy-progress" aria-label={t('compareTitle')} max={Math.max(1, replay.days)} value={replay.done} /> : null}
      {said() ? <p>{said()}</p> : null}
      {result ? (
        <p>
          {t('played', { days: result.days, from: date(result.from), until: date(result.until), visits: result.visits, left: result.left_out })}
        </p>
      ) : null}
    </div>
  );
}

function Rules({
  policy,
  rules,
  replay,
  onChoose,
}: {
  policy: Policy;
  rules: PolicyNumbers[];
  replay: PolicyReplay | null;
  onChoose: (to: PolicyNumbers) => void;
}) {
  const t = useText();
  const result = replay?.result;
  const most = result ? longest(result) : 0;
  return (
    <div className="policy-table" role="region" aria-label={t('table')} tabIndex={0}>
      <table aria-label={t('table')}>
        <thead>
          <tr>
            <th scope="col">{t('colClass')}</th>
            <th scope="col">{t('colCalled')}</th>
            <th scope="col">{t('colMedian')}</th>
            <th scope="col">{t('colP95')}</th>
            <th scope="col">{t('colKept')}</th>
            <th scope="col">{t('colPassed')}</th>
          </tr>
        </thead>
        {result ? (
          <tbody>
            <tr>
              <th scope="rowgroup" colSpan={6}>
                {t('asItWas')}
              </th>
            </tr>
            <Both of={result.as_it_was} most={most} />
          </tbody>
        ) : null}
        {rules.map((rule) => {
          const inForce = callsAs(rule) === callsAs(policy.in_force);
          const figures = figuresOf(result, rule);
          return (
            <tbody key={callsAs(rule)}>
              <tr>
                <th scope="rowgroup" colSpan={6}>
                  <span className="policy-rule">
                    <span>
                      {t(`name_${rule.policy}`)}
                      {inForce ? <span className="badge">{t('badgeInForce')}</span> : null}
                      <span className="soft policy-says">{sentence(rule, t)}</span>
                    </span>
                    {inForce ? null : (
                      <button type="button" className="button" aria-label={`${t('useThis')}: ${t(`name_${rule.policy}`)}`} onClick={() => onChoose(rule)}>
                        {t('useThis')}
                      </button>
                    )}
                  </span>
                </th>
              </tr>
              {figures ? (
                <Both of={figures} most={most} />
              ) : (
                <tr>
                  <td colSpan={6} className="soft">
                    {t('notPlayed')}
                  </td>
                </tr>
              )}
            </tbody>
          );
        })}
      </table>
    </div>
  );
}

function Both({ of, most }: { of: ReplayFigures; most: number }) {
  const t = useText();
  return (
    <>
      <ClassRow name={t('priority')} kind="priority" of={of.priority} most={most} />
      <ClassRow name={t('regular')} kind="regular" of={of.regular} most={most} />
      {of.not_called > 0 ? (
        <tr>
          <td colSpan={6}>{t('notCalled', { count: of.not_called })}</td>
        </tr>
      ) : null}
    </>
  );
}

function ClassRow({ name, kind, of, most }: { name: string; kind: 'priority' | 'regular'; of: ReplayClass; most: number }) {
  const t = useText();
  const minutes = (seconds: number) => (seconds < 60 ? t('underMinute') : t('minutes', { count: Math.floor(seconds / 60) }));
  const wait = (seconds: number) => (
    <>
      <Bar length={barOf(seconds, most)} kind={kind} />
      <span>{of.called === 0 ? t('unknown') : minutes(seconds)}</span>
    </>
  );
  return (
    <tr>
      <th scope="row">{name}</th>
      <td className="number">{of.called}</td>
      <td className="policy-wait">{wait(of.median_s)}</td>
      <td className="policy-wait">{wait(of.p95_s)}</td>
      <td className="policy-wait">
        <Bar length={barOf(of.kept, of.promised)} kind="kept" />
        <span>{share(of.kept, of.promised) ?? t('unknown')}</span>
      </td>
      <td className="number">{t('times', { count: of.passed_over_most })}</td>
    </tr>
  );
}

/** Drawn, because the content policy allows no style in an element; who cannot see it has the number beside it. */
function Bar({ length, kind }: { length: number; kind: 'priority' | 'regular' | 'kept' }) {
  return (
    <svg className={`bar ${kind}`} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <rect x="0" y="0" width={length} height="10" />
    </svg>
  );
}
