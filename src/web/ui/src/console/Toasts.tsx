import type { Toast } from './context';
import { useText } from './text';

/** What was just done, with a way back where there is one; what was refused stays longer. */
export function Toasts({ toasts, onDrop }: { toasts: Toast[]; onDrop: (id: number) => void }) {
  const t = useText();
  return (
    <div className="toasts">
      <div role="status">{toasts.filter((toast) => toast.kind === 'done').map(draw)}</div>
      <div role="alert">{toasts.filter((toast) => toast.kind !== 'done').map(draw)}</div>
    </div>
  );

  function draw(toast: Toast) {
    const { action } = toast;
    return (
      <div key={toast.id} className={`toast ${toast.kind}`}>
        <span>{toast.text}</span>
        {action ? (
          <button
            type="button"
            onClick={() => {
              action.run();
              onDrop(toast.id);
            }}
          >
            {action.label}
          </button>
        ) : null}
        <button type="button" className="toast-close" aria-label={t('close')} onClick={() => onDrop(toast.id)}>
          ×
        </button>
      </div>
    );
  }
}
