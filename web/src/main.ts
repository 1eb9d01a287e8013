import { AlarmView } from "./alarm-view.ts";
import { Connection } from "./connection.ts";
import { byId, setText } from "./element.ts";
import { LivePicture } from "./live-picture.ts";
import type { DetectionsMessage, LiveMessage, StatusMessage } from "./messages.ts";
import { SeenView } from "./seen-view.ts";
import { StatusView } from "./status-view.ts";

const connectionText = { connecting: "connecting…", live: "live", reconnecting: "reconnecting…" };

const picture = new LivePicture(byId<HTMLCanvasElement>("picture"));
const seen = new SeenView();
const alarm = new AlarmView();
const status = new StatusView();
const note = byId("picture-note");
/** The detections whose JPEG is the next binary message. */
let announced: DetectionsMessage | null = null;

function onStatus(message: StatusMessage): void {
  picture.weapons = message.model.weapons;
  seen.weapons = message.model.weapons;
  status.update(message);
  alarm.update(message.alarm);
  if (message.detector.error !== null) setText(note, message.detector.error);
}

function onMessage(message: LiveMessage): void {
  switch (message.type) {
    case "detections":
      announced = message;
      break;
    case "alarm":
      alarm.update(message);
      break;
    case "status":
      onStatus(message);
      break;
  }
}

new Connection({
  onState(state) {
    const connection = byId("connection");
    connection.dataset.state = state;
    setText(connection, connectionText[state]);
    byId("live").dataset.stale = String(state === "reconnecting");
    if (state === "reconnecting") alarm.lost();
  },
  onMessage,
  onPicture(jpeg) {
    if (announced === null) return;
    setText(note, "");
    seen.update(announced.detections);
    picture.show(jpeg, announced);
    announced = null;
  },
}).start();
