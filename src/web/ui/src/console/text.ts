import { textOf } from '../text/text';
import { common as enCommon } from '../text/en/common';
import { officer as enOfficer } from '../text/en/officer';
import { desk as en } from '../text/en/console';
import { common as viCommon } from '../text/vi/common';
import { officer as viOfficer } from '../text/vi/officer';
import { desk as vi } from '../text/vi/console';

export const useText = textOf({ ...viCommon, ...viOfficer, ...vi }, { ...enCommon, ...enOfficer, ...en });
export type Text = ReturnType<typeof useText>;
