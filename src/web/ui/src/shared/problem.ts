import { Refused, Unreachable } from '../api/client';
import type { Lang, Translate } from '../text/text';
import type { common } from '../text/vi/common';

/** What to tell the person: the server's own sentence, or ours where it could not say one. */
export function problemText(problem: unknown, lang: Lang, t: Translate<typeof common>): string {
  if (problem instanceof Refused) {
    const said = lang === 'vi' ? problem.message : problem.messageEn || problem.message;
    return said || t('refusedOther', { code: problem.code });
  }
  if (problem instanceof Unreachable) return t('unreachable');
  return t('refusedOther', { code: 'page' });
}
