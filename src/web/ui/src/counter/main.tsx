import { mount } from '../shared/mount';
import { CounterPage } from './CounterPage';
import './counter.css';

mount(<CounterPage />);
