import { mount } from '../shared/mount';
import { Kiosk } from './Kiosk';
import './kiosk.css';
import './search.css';

mount(<Kiosk />);
