/** Frames of MQTT 3.1.1 by hand: a client library would refuse to send half of what the tests need. */
const withLength = (text: string | Buffer): Buffer => {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
};

function frame(header: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  for (let left = body.length; left > 0 || length.length === 0; left = Math.floor(left / 128)) {
    length.push((left % 128) | (left >= 128 ? 0x80 : 0));
  }
  return Buffer.concat([Buffer.from([header, ...length]), body]);
}

/** CONNECT with user name and password, clean session, 60 s keepalive unless said (§3.1). */
export const connectFrame = (code: string, token: string, keepaliveS = 60): Buffer =>
  frame(
    0x10,
    withLength('MQTT'),
    Buffer.from([4, 0xc2, 0, keepaliveS]),
    withLength(code),
    withLength(code),
    withLength(token),
  );

/** PUBLISH of `bytes` zero bytes at QoS 1 (§3.3). */
export const publishFrame = (topic: string, bytes: number): Buffer =>
  frame(0x32, withLength(topic), Buffer.from([0, 1]), Buffer.alloc(bytes));

export const PINGREQ = frame(0xc0);
