import { mount } from '../shared/mount';
import { BookingPage } from './BookingPage';
import './booking.css';

mount(<BookingPage />);
