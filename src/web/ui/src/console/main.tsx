import { mount } from '../shared/mount';

mount(<main />);
