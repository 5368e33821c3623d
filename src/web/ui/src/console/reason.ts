import type { CallReason } from '../api/types';
import { duration } from '../shared/format';
import type { Lang } from '../text/text';
import type { Text } from './text';

/** Why this number and no other, as a sentence: the server's own where it gave one. */
export function reasonText(reason: CallReason, label: string, lang: Lang, t: Text): string {
  const said = lang === 'vi' ? reason.sentence : (reason.sentence_en ?? reason.sentence);
  if (said) return said;
  const oldest = duration(reason.oldest_regular_wait_s ?? 0, lang);
  const threshold = duration(reason.threshold_s ?? 0, lang);
  const over = reason.over ? ` ${t('reasonOver', { over: reason.over })}` : '';
  switch (reason.rule) {
    case 'only_regular':
      return t('reason_only_regular', { label });
    case 'only_priority':
      return t('reason_only_priority', { label });
    case 'priority_first':
      return t('reason_priority_first', { oldest, threshold }) + over;
    case 'regular_turn':
      return t('reason_regular_turn', { oldest, threshold }) + over;
    case 'priority_turn':
      return t('reason_priority_turn', { oldest, threshold }) + over;
    default:
      return t('reasonUnknown', { rule: reason.rule }) + over;
  }
}
