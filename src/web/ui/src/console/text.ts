import { textOf } from '../text/text';
import { common as enCommon } from '../text/en/common';
import { officer as enOfficer } from '../text/en/officer';
import { desk as en } from '../text/en/console';
import { surfaces as enSurfaces } from '../text/en/surfaces';
import { common as viCommon } from '../text/vi/common';
import { officer as viOfficer } from '../text/vi/officer';
import { desk as vi } from '../text/vi/console';
import { surfaces as viSurfaces } from '../text/vi/surfaces';

export const useText = textOf({ ...viCommon, ...viOfficer, ...vi, ...viSurfaces }, { ...enCommon, ...enOfficer, ...en, ...enSurfaces });
export type Text = ReturnType<typeof useText>;
