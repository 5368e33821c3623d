import { textOf } from '../text/text';
import { common as enCommon } from '../text/en/common';
import { officer as enOfficer } from '../text/en/officer';
import { desk as en } from '../text/en/console';
import { pairing as enPairing } from '../text/en/pairing';
import { surfaces as enSurfaces } from '../text/en/surfaces';
import { common as viCommon } from '../text/vi/common';
import { officer as viOfficer } from '../text/vi/officer';
import { desk as vi } from '../text/vi/console';
import { pairing as viPairing } from '../text/vi/pairing';
import { surfaces as viSurfaces } from '../text/vi/surfaces';

export const useText = textOf({ ...viCommon, ...viOfficer, ...vi, ...viSurfaces, ...viPairing }, { ...enCommon, ...enOfficer, ...en, ...enSurfaces, ...enPairing });
export type Text = ReturnType<typeof useText>;
