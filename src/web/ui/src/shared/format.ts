/**
 * Dates, money and sizes as people here write them. Written by hand: the browser's own Vietnamese
 * forms («lúc 10:05 Chủ Nhật, 22 tháng 11, 2026») are not the ones on our papers.
 */
import type { Lang } from '../text/text';

const VIETNAM_OFFSET_MS = 7 * 3_600_000;
const DAYS = {
  vi: ['Chủ nhật', 'thứ Hai', 'thứ Ba', 'thứ Tư', 'thứ Năm', 'thứ Sáu', 'thứ Bảy'],
  en: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
} as const;

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  weekday: number;
}

const two = (value: number) => String(value).padStart(2, '0');

/** An instant, or a civil time without offset which is local already. */
function parts(at: string | number): Parts | null {
  const civil = typeof at === 'string' && !/(Z|[+-]\d\d:?\d\d)$/i.test(at);
  const millis = typeof at === 'number' ? at : Date.parse(civil ? `${at.length <= 10 ? `${at}T00:00:00` : at}Z` : at);
  if (!Number.isFinite(millis)) return null;
  const shifted = new Date(civil ? millis : millis + VIETNAM_OFFSET_MS);
  return {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth() + 1,
    day: shifted.getUTCDate(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
    second: shifted.getUTCSeconds(),
    weekday: shifted.getUTCDay(),
  };
}

const use = (at: string | number, write: (p: Parts) => string) => {
  const found = parts(at);
  return found ? write(found) : '';
};

export const clock = (at: string | number) => use(at, (p) => `${two(p.hour)}:${two(p.minute)}`);
export const clockSeconds = (at: string | number) => use(at, (p) => `${two(p.hour)}:${two(p.minute)}:${two(p.second)}`);
export const date = (at: string | number) => use(at, (p) => `${two(p.day)}/${two(p.month)}/${p.year}`);
export const dateTime = (at: string | number) => use(at, (p) => `${two(p.hour)}:${two(p.minute)} ${two(p.day)}/${two(p.month)}/${p.year}`);
/** For a field of date and time: the time on a clock in Viet Nam. */
export const dateTimeField = (at: string | number) => use(at, (p) => `${p.year}-${two(p.month)}-${two(p.day)}T${two(p.hour)}:${two(p.minute)}`);

export function dayName(at: string | number, lang: Lang): string {
  return use(at, (p) => DAYS[lang][p.weekday] ?? '');
}

/** «thứ Ba, 24/11/2026» */
export function longDate(at: string | number, lang: Lang): string {
  return `${dayName(at, lang)}, ${date(at)}`;
}

/** The head of a line starts with a capital. */
export const capital = (text: string) => text.charAt(0).toLocaleUpperCase('vi') + text.slice(1);

/** 1234567 -> 1.234.567 */
export const thousands = (value: number) => String(Math.trunc(value)).replace(/\B(?=(\d{3})+(?!\d))/g, '.');

export const money = (vnd: number, lang: Lang) => `${thousands(vnd)}\u00a0${lang === 'vi' ? 'đồng' : 'VND'}`;

export function size(bytes: number): string {
  if (bytes < 1024 * 1024) return `${Math.max(1, Math.round(bytes / 1024))}\u00a0KB`;
  return `${(bytes / 1024 / 1024).toFixed(1).replace('.', ',')}\u00a0MB`;
}

/** «8 giây», «12 phút», «2 giờ 5 phút», «3 ngày» */
export function duration(seconds: number, lang: Lang): string {
  const s = Math.max(0, Math.round(seconds));
  const words = lang === 'vi' ? ['giây', 'phút', 'giờ', 'ngày'] : ['s', 'min', 'h', 'd'];
  if (s < 60) return `${s}\u00a0${words[0]}`;
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return `${minutes}\u00a0${words[1]}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) {
    const rest = minutes % 60;
    return rest === 0 ? `${hours}\u00a0${words[2]}` : `${hours}\u00a0${words[2]} ${rest}\u00a0${words[1]}`;
  }
  return `${Math.floor(hours / 24)}\u00a0${words[3]}`;
}

export type Urgency = 'calm' | 'near' | 'late';

/** How far a deadline is: near under a day, as the officers' usual lists colour it. */
export function remaining(dueAt: string, now: number): { urgency: Urgency; seconds: number } {
  const seconds = (Date.parse(dueAt) - now) / 1000;
  if (seconds < 0) return { urgency: 'late', seconds: -seconds };
  return { urgency: seconds < 86_400 ? 'near' : 'calm', seconds };
}

/** Letters without marks, as the server folds them; đ is a letter of its own and needs its own line. */
export function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[đĐÐƉ]/g, 'd')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim();
}
