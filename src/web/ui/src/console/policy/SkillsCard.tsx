/** What each officer may serve; the head changes it, and a counter where that officer sits follows at once. */
import { useState } from 'react';
import type { OfficerSkills } from '../../api/types';
import { dateTime } from '../../shared/format';
import { ProblemLine } from '../../shared/ProblemLine';
import { useResource } from '../../shared/useResource';
import { useLang } from '../../text/text';
import { useDesk } from '../context';
import { Dialog } from '../Dialog';
import { named } from '../NextServicesDialog';
import { useRun } from '../useRun';
import { useText } from './text';

export function SkillsCard() {
  const t = useText();
  const lang = useLang();
  const { api, epoch, services } = useDesk();
  const { data, problem, reload } = useResource(() => api.officers(), `${epoch}`);
  const [editing, setEditing] = useState<OfficerSkills | null>(null);
  const officers = (data ?? []).filter((one) => !one.disabled);
  const nameOf = (one: OfficerSkills) => one.name || one.id;
  return (
    <section className="card policy" aria-labelledby="policy-skills">
      <h2 id="policy-skills">{t('skillsTitle')}</h2>
      <p className="soft">{t('skillsHint')}</p>
      <ProblemLine problem={problem} />
      {!data && !problem ? <p className="empty">{t('loading')}</p> : null}
      {data ? (
        <table>
          <thead>
            <tr>
              <th scope="col">{t('colOfficer')}</th>
              <th scope="col">{t('colServices')}</th>
              <th scope="col">{t('colSet')}</th>
              <th scope="col">{t('colAction')}</th>
            </tr>
          </thead>
          <tbody>
            {officers.map((one) => (
              <tr key={one.id}>
                <th scope="row">{nameOf(one)}</th>
                <td>{one.services ? named(one.services, services, lang) : t('allServices')}</td>
                <td className="soft">{one.set_by && one.set_at ? `${one.set_by}, ${dateTime(one.set_at)}` : ''}</td>
                <td>
                  <button type="button" className="link" aria-label={`${t('edit')}: ${nameOf(one)}`} onClick={() => setEditing(one)}>
                    {t('edit')}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {editing ? (
        <SkillsDialog
          officer={editing}
          onClose={(changed) => {
            setEditing(null);
            if (changed) reload();
          }}
        />
      ) : null}
    </section>
  );
}

function SkillsDialog({ officer, onClose }: { officer: OfficerSkills; onClose: (changed: boolean) => void }) {
  const t = useText();
  const lang = useLang();
  const { api, services, tell } = useDesk();
  const { run, running } = useRun();
  const [all, setAll] = useState(!officer.services);
  const [chosen, setChosen] = useState<string[]>(officer.services ?? services.map((one) => one.code));
  const name = officer.name || officer.id;
  const none = !all && chosen.length === 0;
  const confirm = () => {
    if (none) return;
    void run(async () => {
      await api.setSkills(officer.id, all ? null : chosen);
      tell(t('doneSkills', { name }));
      onClose(true);
    });
  };
  const toggle = (code: string) => setChosen(chosen.includes(code) ? chosen.filter((one) => one !== code) : [...chosen, code]);
  return (
    <Dialog title={t('skillsAsk', { name })} confirm={t('save')} busy={running} onClose={() => onClose(false)} onConfirm={confirm}>
      <div role="radiogroup" aria-label={t('colServices')} className="choices">
        <label>
          <input type="radio" name="skills" checked={all} onChange={() => setAll(true)} />
          <span>{t('allServices')}</span>
        </label>
        <label>
          <input type="radio" name="skills" checked={!all} onChange={() => setAll(false)} />
          <span>{t('onlyThese')}</span>
        </label>
      </div>
      {all ? null : (
        <fieldset className="choices">
          <legend>{t('onlyThese')}</legend>
          {services.map((one) => (
            <label key={one.code}>
              <input type="checkbox" checked={chosen.includes(one.code)} onChange={() => toggle(one.code)} />
              <span>{lang === 'vi' ? one.name_vi : one.name_en}</span>
            </label>
          ))}
        </fieldset>
      )}
      {none ? (
        <p className="missing" role="alert">
          {t('needService')}
        </p>
      ) : null}
    </Dialog>
  );
}
