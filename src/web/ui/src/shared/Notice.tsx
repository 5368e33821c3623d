import type { ReactNode } from 'react';
import { textOf } from '../text/text';
import { common as en } from '../text/en/common';
import { common as vi } from '../text/vi/common';

const useText = textOf(vi, en);

/** A page that has nothing to show, and what to do about it. */
export function Notice({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="notice" role="status">
      <h1 className="notice-title">{title}</h1>
      {children ? <div className="notice-body">{children}</div> : null}
      {action}
    </div>
  );
}

export function OfflineNotice() {
  const t = useText();
  return (
    <main className="notice-page">
      <Notice title={t('notAtServer')}>
        <p>{t('notAtServerBody')}</p>
      </Notice>
    </main>
  );
}

export function LoadingNotice() {
  const t = useText();
  return (
    <main className="notice-page">
      <div className="loading" role="status">
        <span className="spinner" aria-hidden="true" />
        <span>{t('loading')}</span>
      </div>
    </main>
  );
}
