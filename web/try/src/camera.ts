import { messageOf } from "../../../src/errors.ts";

/** As the device's own camera: the network sees no more in a larger picture. */
const wanted = {
  audio: false,
  video: {
    facingMode: { ideal: "environment" },
    width: { ideal: 640 },
    height: { ideal: 480 },
    frameRate: { ideal: 60 },
  },
} as const;

/** Asks for the camera of this phone or computer. @throws Error with words for the user, who can do something about it */
export async function openCamera(): Promise<MediaStream> {
  if (!window.isSecureContext) {
    throw new Error(
      `Browsers open a camera only for pages that came by https or from localhost; this one came from ${location.origin}. A picture or a video works.`,
    );
  }
  // The types say that it is always there; browsers without cameras, and frames without the right, lack it.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) throw new Error("This browser opens no cameras. A picture or a video works.");
  try {
    return await devices.getUserMedia(wanted);
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error });
  }
}

function reasonOf(error: unknown): string {
  switch (error instanceof DOMException ? error.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return "The camera was refused. To allow it, use the camera sign in the address bar or this site's settings, then try again. A picture or a video works without.";
    case "NotFoundError":
    case "OverconstrainedError":
      return "There is no camera on this device. A picture or a video works.";
    case "NotReadableError":
    case "AbortError":
      return "The camera could not be started: another program or tab may be using it.";
    default:
      return `The camera could not be opened: ${messageOf(error)}.`;
  }
}
