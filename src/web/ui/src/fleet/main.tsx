import { mount } from '../shared/mount';
import { Fleet } from './Fleet';
import '../console/figures/figures.css';
import './fleet.css';

mount(<Fleet />);
