import { useState } from "preact/hooks";
import { notificationState } from "../../notifier.ts";
import { useServices, useText } from "../../services.ts";
import { useStore } from "../../store.ts";

/** Whether this browser shows a notification when the alarm goes on. */
export function Notifications() {
  const text = useText();
  const { notifications } = useServices().preferences;
  const wanted = useStore(notifications);
  const [state, setState] = useState(notificationState);
  const isPossible = state === "default" || state === "granted";
  const change = async (on: boolean): Promise<void> => {
    if (!on) {
      notifications.value = false;
      return;
    }
    const permission = await Notification.requestPermission();
    setState(permission);
    notifications.value = permission === "granted";
  };
  return (
    <div class="field">
      <label class="check">
        <input
          type="checkbox"
          role="switch"
          checked={wanted && state === "granted"}
          aria-checked={wanted && state === "granted"}
          disabled={!isPossible}
          aria-describedby="notifications-help"
          onChange={({ currentTarget }) => void change(currentTarget.checked)}
        />
        {text.account.notifications}
      </label>
      <p id="notifications-help" class="help">
        {text.account.notificationsHelp[isPossible ? "possible" : state]}
      </p>
    </div>
  );
}
