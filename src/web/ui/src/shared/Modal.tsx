import { useEffect, useId, useRef, type ReactNode } from 'react';

/** A frame over the page, with its title. Escape does what `onClose` does; without it the frame stays. */
export function Modal({ title, broad, onClose, children }: { title: string; broad?: boolean; onClose?: () => void; children: ReactNode }) {
  const frame = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = frame.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={frame}
      className={broad ? 'dialog broad' : 'dialog'}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
