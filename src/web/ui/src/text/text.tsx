/** Finds a sentence by its key in the language of the page and fills in its `{names}`. */
import { createContext, useContext, useMemo, type ReactNode } from 'react';

export type Lang = 'vi' | 'en';

type Names<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type Values<S> = [Names<S>] extends [never] ? [] : [values: Record<Names<S>, string | number>];
export type Translate<V> = <K extends keyof V & string>(key: K, ...values: Values<V[K]>) => string;

/** The other language has the same keys, no more and no fewer. */
export type Same<V> = { readonly [K in keyof V]: string };

/** In the files `~` stands for a space at which no line breaks: «quầy~3». */
export function fill(sentence: string, values: Record<string, string | number> = {}): string {
  return sentence
    .replace(/~/g, '\u00a0')
    .replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

const Language = createContext<Lang>('vi');

export function LanguageScope({ lang, children }: { lang: Lang; children: ReactNode }) {
  return <Language.Provider value={lang}>{children}</Language.Provider>;
}

export function useLang(): Lang {
  return useContext(Language);
}

export function textOf<V extends Record<string, string>>(vi: V, en: Same<V>) {
  return function useText(): Translate<V> {
    const lang = useLang();
    return useMemo(() => {
      const sentences: Record<string, string> = lang === 'vi' ? vi : en;
      return (key, ...values) => fill(sentences[key] ?? key, values[0]);
    }, [lang]);
  };
}
