/** The control block of a call as the threads of the pool see it. */
import { ARRIVED, AWAKE, CALL, COUNTERS, MEMBERS, STATUS, TURN } from "../../assembly/layout.ts";

/** The byte offsets as indices of 32-bit words. */
export const words: Readonly<
  Record<"counters" | "arrived" | "status" | "members" | "turn" | "awake" | "call", number>
> = {
  counters: COUNTERS / 4,
  arrived: ARRIVED / 4,
  status: STATUS / 4,
  members: MEMBERS / 4,
  turn: TURN / 4,
  awake: AWAKE / 4,
  call: CALL / 4,
};

// The fields of `members`. A worker that wakes up late finds the call closed and goes back to sleep: nobody waits for it. One that has
// done its share of a call does not join it again.
export const joining: number = 1 + (1 << 8);
export const atWork = 255;
export const callBits = 0x3fff;
