import { mount } from '../shared/mount';
import { Tablet } from './Tablet';
import './tablet.css';

mount(<Tablet />);
