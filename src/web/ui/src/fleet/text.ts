import { textOf } from '../text/text';
import { common as enCommon } from '../text/en/common';
import { officer as enOfficer } from '../text/en/officer';
import { fleet as en } from '../text/en/fleet';
import { common as viCommon } from '../text/vi/common';
import { officer as viOfficer } from '../text/vi/officer';
import { fleet as vi } from '../text/vi/fleet';

export const useText = textOf({ ...viCommon, ...viOfficer, ...vi }, { ...enCommon, ...enOfficer, ...en });
export type Text = ReturnType<typeof useText>;
