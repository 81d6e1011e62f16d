// The telephone at the far end: has a number, does what it is told, and tells what happens to it.

import { RpcError, SIGNED_OUT, headers, queue, send } from "./rpc.js";

const KEPT = "moltis-telephone";
const POLL_SECS = 20;
const PAUSES_MS = [500, 1000, 2000, 4000, 8000];
const IN_ORDER = new Set(["say", "press"]);
const UNAUTHORIZED = 401;
const GONE = 404;

/** The numbers of the simulated carriers: `{number, carrier, account}` each. */
export async function simulatedNumbers() {
  const { numbers } = await request("GET", "control/numbers");
  return numbers;
}

/**
 * One telephone. `tells(events, {replayed})` is called with what happened; `replayed` marks what
 * happened before this page was loaded. `fails(message)` says that nothing can be heard at the
 * moment, and with an empty message that all is well again.
 */
export class Telephone {
  constructor(tells, fails) {
    this.tells = tells;
    this.fails = fails;
    this.id = "";
    this.round = 0;
    this.failures = 0;
    this.inTurn = queue();
    document.addEventListener(SIGNED_OUT, () => this.rest());
  }

  /** Go on with the telephone that this tab had before it was reloaded; false if there is none. */
  async resume() {
    const id = sessionStorage.getItem(KEPT) ?? "";
    if (!id || !(await isThere(id))) {
      return false;
    }
    this.listen(id);
    return true;
  }

  /** Take `number`, or, if it is empty, every number that nobody else has. */
  async take(number) {
    const before = this.id;
    const { phone } = await request("POST", "control/phones", { number });
    sessionStorage.setItem(KEPT, phone);
    this.listen(phone);
    if (before) {
      await request("DELETE", `control/phones/${before}`);
    }
  }

  /** Do `act`: answer, reject, say, press, hang-up, dial. Keys and words keep their order. */
  act(act, content = {}) {
    const make = () => request("POST", `control/phones/${this.id}/${act}`, content);
    return IN_ORDER.has(act) ? this.inTurn(make) : make();
  }

  /** Listen no more. */
  rest() {
    this.round += 1;
  }

  async listen(id) {
    this.rest();
    this.id = id;
    const round = this.round;
    let seen = 0;
    let replayed = true;
    while (round === this.round) {
      const events = await this.news(id, seen, replayed ? 0 : POLL_SECS);
      if (events && round === this.round) {
        this.tells(events, { replayed });
        seen = events.at(-1)?.number ?? seen;
        replayed = false;
      }
    }
  }

  async news(id, seen, wait) {
    try {
      const { events } = await request("GET", `control/phones/${id}/events?after=${seen}&wait=${wait}`);
      if (this.failures) {
        this.failures = 0;
        this.fails("");
      }
      return events;
    } catch (error) {
      this.fails(error.code === GONE ? "This telephone is gone. Take a number again." : error.message);
      if (error.code === GONE) {
        this.rest();
      }
      await pause(PAUSES_MS[Math.min(this.failures, PAUSES_MS.length - 1)]);
      this.failures += 1;
      return null;
    }
  }
}

async function isThere(id) {
  try {
    await request("GET", `control/phones/${id}/events?after=0&wait=0`);
    return true;
  } catch (error) {
    if (error.code === GONE) {
      return false;
    }
    throw error;
  }
}

async function request(method, path, content) {
  const body = content && JSON.stringify(content);
  const response = await send(`phone/${path}`, { method, headers: headers(), body });
  if (response.status === UNAUTHORIZED) {
    document.dispatchEvent(new Event(SIGNED_OUT));
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const message = answer.error ?? `The gateway failed (HTTP ${response.status}); its log says why.`;
    throw new RpcError({ code: response.status, message });
  }
  return answer;
}

function pause(millis) {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
