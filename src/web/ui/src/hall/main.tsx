import { mount } from '../shared/mount';
import { HallPage } from './HallPage';
import './hall.css';

mount(<HallPage />);
