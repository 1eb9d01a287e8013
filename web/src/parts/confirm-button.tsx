import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";
import { useText } from "../services.ts";

interface ConfirmButtonProps {
  /** On the button, and on the one in the dialog that does it. */
  label: string;
  icon?: ComponentChildren;
  question: string;
  detail?: string;
  class?: string;
  disabled?: boolean;
  onConfirm: () => void;
}

/** A button for what can't be taken back: asks first. */
export function ConfirmButton(props: ConfirmButtonProps) {
  const text = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const close = (): void => dialog.current?.close();
  return (
    <>
      <button
        type="button"
        class={props.class}
        disabled={props.disabled}
        onClick={() => dialog.current?.showModal()}
      >
        {props.icon}
        {props.label}
      </button>
      <dialog ref={dialog} aria-labelledby={titleId}>
        <h2 id={titleId}>{props.question}</h2>
        {props.detail && <p>{props.detail}</p>}
        <div class="actions">
          <button type="button" onClick={close}>
            {text.cancel}
          </button>
          <button
            type="button"
            class="danger"
            onClick={() => {
              close();
              props.onConfirm();
            }}
          >
            {props.label}
          </button>
        </div>
      </dialog>
    </>
  );
}
