import { mount } from '../shared/mount';
import { Fleet } from './Fleet';
import './fleet.css';

mount(<Fleet />);
