import { mount } from '../shared/mount';
import { Console } from './Console';
import './console.css';

mount(<Console />);
