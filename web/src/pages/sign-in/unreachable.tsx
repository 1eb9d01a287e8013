import { useText } from "../../services.ts";
import { Frame } from "./frame.tsx";

/** The camera served the page, and doesn't answer any more; the session asks it again by itself. */
export function Unreachable() {
  const text = useText();
  return (
    <Frame title={text.problems.unreachable}>
      <p role="status">{text.problems.tryingAgain}</p>
    </Frame>
  );
}
