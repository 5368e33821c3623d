/** Why something could not be read, where it would have stood; nothing without a problem. */
import { textOf, useLang } from '../text/text';
import { common as en } from '../text/en/common';
import { common as vi } from '../text/vi/common';
import { problemText } from './problem';

const useText = textOf(vi, en);

export function ProblemLine({ problem }: { problem: unknown }) {
  const t = useText();
  const lang = useLang();
  return problem ? (
    <p className="problem" role="alert">
      {problemText(problem, lang, t)}
    </p>
  ) : null;
}
