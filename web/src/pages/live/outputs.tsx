import type { StatusMessage } from "../../../../src/server/wire.ts";
import { useText } from "../../services.ts";

/** The pins that the alarm switches. */
export function Outputs({ outputs }: Pick<StatusMessage, "outputs">) {
  const text = useText();
  return (
    <section class="card" aria-labelledby="outputs-title">
      <h2 id="outputs-title">{text.live.outputs}</h2>
      <ul id="outputs">
        {outputs.length === 0 && <li class="empty">{text.live.noOutputs}</li>}
        {outputs.map(({ description, on, error }) => {
          const [name, ...remarks] = description.split(", ");
          return (
            <li key={description}>
              <div>
                {name}
                {remarks.length > 0 && <small>{remarks.join(", ")}</small>}
                {error !== null && <small class="field-error">{error}</small>}
              </div>
              <span class="level" data-on={on}>
                {on ? text.on : text.off}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
