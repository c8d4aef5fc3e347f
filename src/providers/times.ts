/** Times of answers, each in its stated format, as RFC 3339 UTC; and times for requests. */
import type { TimeField, TimeFormat } from './manifest-http.ts';
import { type AnswerPlace, badAnswer, find } from './pointers.ts';

const DATE_TIME = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2})?)(\.\d{1,9})?\s?(?:([Zz])|([+-]\d{2}):?(\d{2})?)?$/;
const RFC_2822 = /^(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}(?::\d{2})? (?:[+-]\d{4}|GMT|UTC?|Z)$/;
/** Years a person can mean: what lies outside was written in another unit. */
const LATEST = Date.UTC(9999, 11, 31);

/** RFC 3339 UTC, or null where the field is absent or null. Throws `bad_response` where it is written otherwise. */
export function readTime(document: unknown, field: TimeField | undefined, place: AnswerPlace): string | null {
  if (!field) return null;
  const value = find(document, field.pointer);
  if (value === undefined || value === null || value === '') return null;
  const milliseconds = parseTime(value, field.format);
  if (milliseconds === undefined) throw badAnswer(place, field.pointer, `no time (${field.format})`);
  return new Date(milliseconds).toISOString();
}

/** Milliseconds since 1970, or undefined where `value` is not written in `format`. */
export function parseTime(value: unknown, format: TimeFormat): number | undefined {
  const milliseconds = parse(value, format);
  return milliseconds === undefined || Number.isNaN(milliseconds) || Math.abs(milliseconds) > LATEST
    ? undefined
    : milliseconds;
}

function parse(value: unknown, format: TimeFormat): number | undefined {
  if (format === 'unix-seconds' || format === 'unix-milliseconds') {
    const count = typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
    if (typeof count !== 'number' || !Number.isFinite(count)) return undefined;
    return Math.round(format === 'unix-seconds' ? count * 1_000 : count);
  }
  if (typeof value !== 'string') return undefined;
  if (format === 'rfc2822') return RFC_2822.test(value) ? Date.parse(value) : undefined;
  if (format === 'date') return /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : undefined;
  return parseDateTime(value, format === 'local-datetime');
}

function parseDateTime(text: string, zoneless: boolean): number | undefined {
  const [, day, time, fraction = '', utc, hours, minutes = '00'] = DATE_TIME.exec(text) ?? [];
  if (!day || !time) return undefined;
  const zone = utc ? 'Z' : hours ? `${hours}:${minutes}` : '';
  if (zone === '' && !zoneless) return undefined;
  return Date.parse(`${day}T${time.length === 5 ? `${time}:00` : time}${fraction.slice(0, 4)}${zone}`);
}

/** `milliseconds` since 1970 as a request wants it; whole seconds are rounded up, so that nothing ends early. */
export function writeTime(milliseconds: number, format: TimeFormat): string | number {
  const iso = new Date(milliseconds).toISOString();
  switch (format) {
    case 'unix-milliseconds':
      return Math.ceil(milliseconds);
    case 'unix-seconds':
      return Math.ceil(milliseconds / 1_000);
    case 'rfc2822':
      return new Date(milliseconds).toUTCString().replace('GMT', '+0000');
    case 'date':
      return iso.slice(0, 10);
    case 'sql-datetime':
      return `${iso.slice(0, 23).replace('T', ' ')}+00`;
    case 'local-datetime':
      return localDateTime(new Date(milliseconds));
    case 'rfc3339':
      return iso;
  }
}

function localDateTime(at: Date): string {
  const two = (count: number) => String(count).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
