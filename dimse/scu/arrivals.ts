import type { MoveOriginator } from "../../core/ports/dicom_client.ts";

/** A C-MOVE that is under way; disposal ends it. */
export interface ExpectedArrivals extends Disposable {
  /** Message ID for its request: no other that is under way has it. */
  readonly messageId: number;
}

/** Which instances come to this server because of a C-MOVE that it asked for itself. */
export interface Arrivals {
  /** @param aet AE title that the request is made with */
  expect(aet: string, received: (instanceId: string) => void): ExpectedArrivals;
  /** What came with this Move Originator (PS3.7 Section 9.1.1.1); unknown ones are passed over. */
  arrived(originator: MoveOriginator, instanceId: string): void;
}

/** Others are small, since they count the messages of one association. */
const FIRST = 1000;
const LAST = 0xffff;

/** Makes the book of arrivals of a client. */
export function createArrivals(): Arrivals {
  const expected = new Map<string, (instanceId: string) => void>();
  let previous = LAST;
  return {
    expect(aet, received) {
      const messageId = previous = previous === LAST ? FIRST : previous + 1;
      const key = keyOf({ aet, messageId });
      expected.set(key, received);
      return { messageId, [Symbol.dispose]: () => void expected.delete(key) };
    },
    arrived: (originator, instanceId) => expected.get(keyOf(originator))?.(instanceId),
  };
}

function keyOf({ aet, messageId }: MoveOriginator): string {
  return `${messageId} ${aet}`;
}
