// Asks again and again for something that changes, and less and less often while it does not.

import { RpcError, SIGNED_OUT, send } from "./rpc.js";

const SOONEST_MS = 1000;
const SLOWER = 1.5;
const FAILED_MS = 10_000;
const NOT_MODIFIED = 304;
const UNAUTHORIZED = 401;

/**
 * Asks for `path()` while the page can be seen. `changed(answer)` is told what is new,
 * `failed(error)` what went wrong, and with nothing that all is well again; `slowest()` is how
 * many milliseconds may lie between two questions.
 */
export class Poll {
  constructor({ path, changed, failed, slowest }) {
    this.path = path;
    this.changed = changed;
    this.failed = failed;
    this.slowest = slowest;
    this.running = false;
    this.asked = "";
    this.tag = "";
    this.pause = SOONEST_MS;
    this.timer = 0;
    this.round = 0;
    this.isFailing = false;
    this.skew = 0;
    document.addEventListener(SIGNED_OUT, () => this.stop());
    document.addEventListener("visibilitychange", () => this.look());
  }

  /** Ask from now on. */
  start() {
    this.running = true;
    this.soon();
  }

  /** Ask no more. */
  stop() {
    this.running = false;
    this.look();
  }

  /** Ask at once, and often for a while: something is about to change. */
  soon() {
    this.pause = SOONEST_MS;
    this.look();
  }

  /** What time it is where the app runs. */
  now() {
    return Date.now() + this.skew;
  }

  look() {
    clearTimeout(this.timer);
    this.round += 1;
    if (this.running && !document.hidden) {
      this.ask(this.round);
    }
  }

  async ask(round) {
    const path = this.path();
    let answer = null;
    try {
      answer = await this.fetched(path);
    } catch (error) {
      if (round === this.round) {
        this.fail(error);
      }
    }
    if (round !== this.round) {
      return;
    }
    if (answer) {
      this.pause = SOONEST_MS;
      this.changed(answer);
    } else {
      this.pause = Math.min(this.pause * SLOWER, this.isFailing ? FAILED_MS : this.slowest());
    }
    // What was told may have stopped us, or had us ask at once.
    if (round === this.round && this.running) {
      this.timer = setTimeout(() => this.look(), this.pause);
    }
  }

  async fetched(path) {
    const known = path === this.asked ? { "If-None-Match": this.tag } : {};
    const response = await send(path, { headers: known, cache: "no-store" });
    if (response.status === UNAUTHORIZED) {
      document.dispatchEvent(new Event(SIGNED_OUT));
      return null;
    }
    this.skew = Date.parse(response.headers.get("Date")) - Date.now() || 0;
    const found = response.status === NOT_MODIFIED ? null : await bodyOf(response);
    if (this.isFailing) {
      this.isFailing = false;
      this.failed(null);
    }
    if (found) {
      this.asked = path;
      this.tag = response.headers.get("ETag") ?? "";
    }
    return found;
  }

  fail(error) {
    this.isFailing = true;
    this.failed(error);
  }
}

async function bodyOf(response) {
  const answer = await response.json().catch(() => null);
  if (!response.ok || !answer) {
    const message = `The gateway failed (HTTP ${response.status}); its log says why.`;
    throw new RpcError(answer?.error ?? { code: response.status, message });
  }
  return answer;
}
