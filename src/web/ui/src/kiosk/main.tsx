import { mount } from '../shared/mount';
import { Kiosk } from './Kiosk';
import './kiosk.css';

mount(<Kiosk />);
