import { connect } from "node:net";

/** Sends bytes to a server on a connection of their own. @returns what comes back until the connection ends */
export async function rawRequest(url: string, request: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(request);
  let answer = "";
  for await (const data of socket) answer += data;
  return answer;
}
