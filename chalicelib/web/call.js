// One call: what is said in it, what happened to it, what can be done to it.

import { CallCard } from "./call-card.js";
import { offerRecording } from "./call-recording.js";
import { showTimings } from "./call-timings.js";
import { duration, eventWords, maskedParty, moment, offset, otherParty, outcome } from "./call-words.js";
import { Poll } from "./poll.js";
import { start } from "./session.js";

const WHILE_LIVE_MS = 3000;
const UNKNOWN = -32004;
const TITLE = document.title;
const element = (id) => document.getElementById(id);
const callId = decodeURIComponent(location.pathname.split("/").at(-1));

const poll = new Poll({
  path: () => `data/calls/${encodeURIComponent(callId)}`,
  changed: show,
  failed: complain,
  slowest: () => WHILE_LIVE_MS,
});
let mayAct = false;
let card = null;

function open({ scope }) {
  mayAct = scope === "write";
  element("title").focus();
  poll.start();
}

function show({ call, events, recording }) {
  if (card) {
    if (call.end_reason && !card.call.end_reason) {
      element("news").textContent = `The call is over: ${outcome(call)}.`;
    }
    card.update(call);
  } else {
    card = new CallCard(call, { mayAct, done: acted, level: 2, title: "Conversation" });
    element("call").append(card.element);
    element("title").textContent = `Call with ${otherParty(call)}`;
    document.title = TITLE.replace("Call", `Call with ${maskedParty(call)}`);
  }
  element("events").replaceChildren(...events.map((one) => eventItem(one, call)));
  element("facts").replaceChildren(...facts(call));
  element("timings").hidden = !showTimings(call.transcript, {
    chart: element("timings-chart"),
    key: element("timings-key"),
    rows: element("timings-rows"),
  });
  offerRecording(recording);
  element("more").hidden = false;
  if (call.end_reason) {
    poll.stop();
  }
}

function acted(call) {
  card.update(call);
  poll.soon();
}

function eventItem({ what, at }, call) {
  const item = document.createElement("li");
  const time = document.createElement("time");
  time.dateTime = at;
  time.textContent = offset(Date.parse(at) - Date.parse(call.started_at));
  const words = document.createElement("span");
  words.textContent = eventWords(what, call);
  item.append(time, words);
  return item;
}

function facts(call) {
  const known = {
    Began: moment(call.started_at),
    From: call.from || "a hidden number",
    To: call.to,
    Account: call.account === call.provider ? call.account : `${call.account} (${call.provider})`,
    "What for": call.mode === "notify" ? "a message" : "a conversation",
    "Longest duration": duration(call.max_duration_secs * 1000),
    "Id here": code(call.call_id),
    "Id at the carrier": call.provider_call_id ? code(call.provider_call_id) : "none yet",
  };
  return Object.entries(known).flatMap(([name, value]) => {
    const term = document.createElement("dt");
    term.textContent = name;
    const description = document.createElement("dd");
    description.append(value);
    return [term, description];
  });
}

function code(text) {
  const made = document.createElement("code");
  made.textContent = text;
  return made;
}

function complain(error) {
  element("fault").textContent = error?.message ?? "";
  if (error?.code === UNKNOWN) {
    poll.stop();
  }
}

setInterval(() => card?.tick(poll.now()), 1000);
start(open);
