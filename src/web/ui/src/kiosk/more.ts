/** What stands behind the first page: one file, fetched when the first page is there. */
export { CardPad } from './CardPad';
export { CodePad } from './CodePad';
export { GivenBack } from './GivenBack';
export { OwnTicket } from './OwnTicket';
export { Search } from './Search';
