/**
 * Text without what opens a camera: the user name and password of addresses ("rtsp://user:secret@10.0.0.7/"), and their
 * query, in which many cameras want both.
 */
export function withoutCredentials(text: string): string {
  return text.replace(/(\w:\/\/)[^/\s'"]*@/g, "$1…@").replace(/(\w:\/\/[^\s'"?]*)\?[^\s'"]*/g, "$1?…");
}
