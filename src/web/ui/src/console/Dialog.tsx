import type { ReactNode } from 'react';
import { Modal } from '../shared/Modal';
import { useText } from './text';

/** A question over the page. Escape and «Quay lại» leave everything as it was; a key with «Hủy» could be taken for the deed itself. */
export function Dialog({
  title,
  confirm,
  danger,
  busy,
  onConfirm,
  onClose,
  children,
}: {
  title: string;
  confirm: string;
  danger?: boolean;
  busy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children?: ReactNode;
}) {
  const t = useText();
  return (
    <Modal title={title} onClose={onClose}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) onConfirm();
        }}
      >
        <div className="dialog-body">{children}</div>
        <div className="dialog-foot">
          <button type="button" className="button" onClick={onClose}>
            {t('back')}
          </button>
          <button type="submit" className={danger ? 'button red' : 'button blue'} disabled={busy}>
            {confirm}
          </button>
        </div>
      </form>
    </Modal>
  );
}
