/** How the next number is chosen, for the head: what is in force, what past days would have been under another rule, and what officers may serve. */
import { useState } from 'react';
import type { Policy, PolicyNumbers } from '../../api/types';
import { dateTime } from '../../shared/format';
import { LoadingNotice } from '../../shared/Notice';
import { ProblemLine } from '../../shared/ProblemLine';
import { useResource } from '../../shared/useResource';
import { useDesk } from '../context';
import { ChooseDialog } from './ChooseDialog';
import { Compare } from './Compare';
import { sentence } from './logic';
import { SkillsCard } from './SkillsCard';
import { useText } from './text';

/** What is asked to be in force; `null` stands for the delivered settings. */
export type Asked = { to: PolicyNumbers | null };

export function PolicyPage() {
  const { api, epoch } = useDesk();
  const { data, problem, reload } = useResource(() => api.policy(), `${epoch}`);
  const [asked, setAsked] = useState<Asked | null>(null);
  return (
    <>
      <ProblemLine problem={problem} />
      {!data && !problem ? <LoadingNotice /> : null}
      {data ? (
        <>
          <InForce policy={data} onBack={() => setAsked({ to: null })} />
          <Compare key={data.number} policy={data} onChoose={(to) => setAsked({ to })} />
          <History policy={data} />
        </>
      ) : null}
      <SkillsCard />
      {data && asked ? (
        <ChooseDialog
          policy={data}
          asked={asked}
          onClose={() => {
            setAsked(null);
            // Also after a refusal: somebody else may have chosen meanwhile.
            reload();
          }}
        />
      ) : null}
    </>
  );
}

function InForce({ policy, onBack }: { policy: Policy; onBack: () => void }) {
  const t = useText();
  const last = policy.choices[0];
  return (
    <section className="card policy" aria-labelledby="policy-in-force">
      <div className="card-head">
        <h2 id="policy-in-force">{t('inForceTitle')}</h2>
        {policy.is_delivered ? null : (
          <button type="button" className="button" onClick={onBack}>
            {t('backToFiles')}
          </button>
        )}
      </div>
      <p>
        <strong>{t(`name_${policy.in_force.policy}`)}</strong>. {sentence(policy.in_force, t)}
      </p>
      {policy.is_delivered ? <p className="soft">{t('fromFiles')}</p> : null}
      {last ? <p className="soft">{t('since', { who: last.by_name ?? last.by, time: dateTime(last.at), reason: last.reason })}</p> : null}
    </section>
  );
}

function History({ policy }: { policy: Policy }) {
  const t = useText();
  return (
    <section className="card policy" aria-labelledby="policy-history">
      <h2 id="policy-history">{t('historyTitle')}</h2>
      {policy.choices.length === 0 ? (
        <p className="empty">{t('historyEmpty')}</p>
      ) : (
        <div className="policy-table" role="group" aria-labelledby="policy-history" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t('colWhen')}</th>
                <th scope="col">{t('colWho')}</th>
                <th scope="col">{t('colBefore')}</th>
                <th scope="col">{t('colAfter')}</th>
                <th scope="col">{t('colReason')}</th>
              </tr>
            </thead>
            <tbody>
              {policy.choices.map((one) => (
                <tr key={one.number}>
                  <th scope="row">{dateTime(one.at)}</th>
                  <td>{one.by_name ?? one.by}</td>
                  <td>{sentence(one.before, t)}</td>
                  <td>
                    {sentence(one.after, t)}
                    {one.delivered ? <span className="badge">{t('delivered')}</span> : null}
                  </td>
                  <td>{one.reason}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
