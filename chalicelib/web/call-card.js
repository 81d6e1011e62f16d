// One call as it goes on: its state, what is said in it, and what can be done to it.

import { directionWords, failure, lasting, maskedParty, showState, stateBadge } from "./call-words.js";
import { ask } from "./rpc.js";
import { line } from "./transcript.js";

const WHO = {
  "bot speech": "Agent",
  "user speech": "They",
  "bot dtmf": "Agent presses",
  "user dtmf": "They press",
};
const IN_CALL = new Set(["answered", "active", "speaking", "listening"]);

let made = 0;

/** A card that shows a call, with a heading of some level; `done(call)` is told what became of it when something was done. */
export class CallCard {
  constructor(call, { mayAct, done, level = 3, title = maskedParty(call) }) {
    made += 1;
    this.id = `call-${made}`;
    this.mayAct = mayAct;
    this.done = done;
    this.shown = [];
    this.busy = false;
    this.element = element("article", "card call");
    this.element.setAttribute("aria-labelledby", `${this.id}-title`);
    this.element.append(this.heading(call, level, title), this.conversation());
    if (mayAct) {
      this.element.append(this.controls());
    }
    this.fault = element("p", "fault");
    this.fault.setAttribute("role", "alert");
    this.element.append(this.fault);
    this.update(call);
  }

  /** Show what has become of the call. */
  update(call) {
    this.call = call;
    showState(this.badge, call);
    this.why.textContent = failure(call);
    this.addLines(call.transcript ?? []);
    const live = !call.end_reason;
    const talking = IN_CALL.has(call.state);
    if (this.acts) {
      const had = this.acts.contains(document.activeElement);
      this.acts.hidden = !live;
      for (const part of this.talk) {
        part.disabled = !talking;
      }
      if (had && !live) {
        this.title.focus();
      }
    }
    this.tick(Date.now());
  }

  /** Let the clock of the call go on. */
  tick(now) {
    this.clock.textContent = lasting(this.call, now);
  }

  heading(call, level, title) {
    const head = element("header", "call-head");
    this.title = element(`h${level}`, "", title);
    this.title.id = `${this.id}-title`;
    this.title.tabIndex = -1;
    this.badge = stateBadge(call);
    this.clock = element("span", "call-clock");
    const facts = [directionWords(call), call.mode, call.account].join(" · ");
    this.why = element("p", "call-why");
    head.append(this.title, this.badge, this.clock, element("p", "hint call-facts", facts), this.why);
    return head;
  }

  conversation() {
    this.log = element("div", "call-lines");
    this.log.setAttribute("role", "log");
    this.log.setAttribute("aria-labelledby", `${this.id}-title`);
    this.log.tabIndex = 0;
    this.lines = element("ol", "transcript");
    this.nothing = element("p", "hint", "Nothing was said yet.");
    this.log.append(this.nothing, this.lines);
    return this.log;
  }

  controls() {
    const say = this.form("Say", "What the agent says next", 3000, (message) =>
      ask("voicecall.speak", { call_id: this.call.call_id, message }),
    );
    const keys = this.form("Send keys", "Keys, like 1ww2#", 32, (digits) =>
      ask("voicecall.dtmf", { call_id: this.call.call_id, digits }),
    );
    keys.classList.add("call-keys");
    const end = element("button", "danger", "Hang up");
    end.type = "button";
    end.addEventListener("click", () =>
      this.attempt(() => ask("voicecall.end", { call_id: this.call.call_id })),
    );
    this.talk = [...say.elements, ...keys.elements];
    this.acts = element("div", "call-acts");
    this.acts.append(say, keys, end);
    return this.acts;
  }

  form(name, words, longest, act) {
    const form = element("form", "call-act");
    form.noValidate = true;
    const field = element("input");
    field.id = `${this.id}-${name.replace(" ", "-").toLowerCase()}`;
    field.maxLength = longest;
    field.autocomplete = "off";
    field.placeholder = words;
    const label = element("label", "unseen", words);
    label.htmlFor = field.id;
    const button = element("button", "", name);
    form.append(label, field, button);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (text && (await this.attempt(() => act(text)))) {
        field.value = "";
      }
      field.focus();
    });
    return form;
  }

  async attempt(act) {
    if (this.busy) {
      return false;
    }
    this.busy = true;
    this.fault.textContent = "";
    try {
      this.done(await act());
      return true;
    } catch (error) {
      this.fault.textContent = error.message;
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** Add what is new; a line that has changed since, as keys pressed one by one do, is replaced. */
  addLines(transcript) {
    transcript.forEach((one, place) => {
      const text = JSON.stringify(one);
      if (this.shown[place] === text) {
        return;
      }
      const item = line(one, WHO[`${one.speaker} ${one.kind}`]);
      const before = this.lines.children[place];
      if (before && this.shown[place] !== undefined) {
        before.replaceWith(item);
      } else {
        this.lines.append(item);
      }
      this.shown[place] = text;
      this.log.scrollTop = this.log.scrollHeight;
    });
    this.nothing.hidden = Boolean(this.lines.childElementCount);
  }
}

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}
