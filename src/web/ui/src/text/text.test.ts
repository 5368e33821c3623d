import { describe, expect, it } from 'vitest';
import { fill } from './text';

const vi = import.meta.glob<Record<string, Record<string, string>>>('./vi/*.ts', { eager: true });
const en = import.meta.glob<Record<string, Record<string, string>>>('./en/*.ts', { eager: true });

const names = (sentence: string) => [...sentence.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
const each = Object.entries(vi).flatMap(([file, module]) =>
  Object.entries(module).flatMap(([section, sentences]) =>
    Object.entries(sentences).map(([key, sentence]) => ({
      name: `${section}.${key}`,
      sentence,
      other: en[file.replace('/vi/', '/en/')]?.[section]?.[key] ?? '',
    })),
  ),
);

describe('sentences', () => {
  it('both_languages_fill_in_the_same_names', () => {
    expect(each.length).toBeGreaterThan(50);
    for (const { name, sentence, other } of each) expect(names(other), name).toEqual(names(sentence));
  });

  it('vietnamese_is_composed_calm_and_polite', () => {
    for (const { name, sentence } of each) {
      expect(sentence.normalize('NFC'), name).toBe(sentence);
      expect(sentence, name).not.toMatch(/!/);
      expect(sentence.toLowerCase(), name).not.toMatch(/(^|\s)bạn(\s|$)/);
      expect(sentence, name).not.toContain('Uỷ');
    }
  });

  it('a_name_without_value_is_left_visible_rather_than_lost', () => {
    expect(fill('Số {label}, quầy~{counter}', { label: 'A012' })).toBe('Số A012, quầy\u00a0{counter}');
  });
});
