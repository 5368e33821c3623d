import type { Same } from '../text';
import type { province as vi } from '../vi/province';

export const province: Same<typeof vi> = {
  title: 'Figures of all centers',
  by_unit: 'Center',
  by_place: 'Place',
  unit: 'Of center',
  allUnits: 'All centers',
  tooLongForAll: 'At most {max}~days at once for all centers. Choose fewer, or one center.',
  unitsCounted: '{count}~centers have figures in these days.',
  chart: 'Numbers given and waits',
  note: 'From the tickets that have arrived here; a center without a line lacks what it has not sent. Promised waits are those of the common file of the province. There are no figures by officer.',
  publicPage: 'The public page: who waits where',
};
