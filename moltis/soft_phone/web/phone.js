// The soft phone: a person's telephone at the far end of the simulated carriers.

import { Accounts } from "./phone-accounts.js";
import { Course, State, Turn } from "./phone-course.js";
import { Ear, canListen } from "./phone-ear.js";
import { keypad } from "./phone-keypad.js";
import { Telephone } from "./phone-line.js";
import { Sound, canSpeak } from "./phone-sound.js";
import { write } from "./phone-transcript.js";
import { ask } from "./rpc.js";
import { start } from "./session.js";

const element = (id) => document.getElementById(id);

const KEPT = "moltis-soft-phone";
const USUAL = { number: "+15559876543", everyNumber: true, sound: true };
const NUMBER = /^\+[1-9][0-9]{6,14}$/;
const TITLE = document.title;
const TURNS = {
  [Turn.AGENT]: "The agent speaks; you may interrupt.",
  [Turn.MINE]: "Your turn.",
  [Turn.THINKING]: "The agent was told.",
};
const wishes = { ...USUAL, ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
const course = new Course();
const telephone = new Telephone(happened, (message) => complain(message));
const sound = new Sound(() => listenIfMine());
const ear = new Ear(
  (text) => speak(text),
  (message) => {
    element("listen").checked = false;
    complain(message);
  },
);
const accounts = new Accounts();
let opened = false;

async function open() {
  if (!opened) {
    opened = true;
    prepare();
  }
  element("title").focus();
  try {
    await refresh();
    if (accounts.all.length && !(await telephone.resume())) {
      await telephone.take(ringsAt());
    }
  } catch (error) {
    complain(error.message);
  }
}

async function refresh() {
  await accounts.refresh();
  show();
}

function prepare() {
  keypad(element("keypad"), (digit) => attempt(() => telephone.act("press", { digits: digit })));
  element("answer").addEventListener("click", () => attempt(() => telephone.act("answer")));
  element("decline").addEventListener("click", () => attempt(() => telephone.act("reject")));
  element("hang-up").addEventListener("click", () => attempt(() => telephone.act("hang-up")));
  element("dial").addEventListener("click", () => attempt(dial));
  on("begin", "submit", () => attempt(haveCalled));
  on("say", "submit", () => speak(element("words").value));
  on("number-form", "submit", takeNumber);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) {
      refresh().catch((error) => complain(error.message));
    }
  });
  prepareWishes();
  setInterval(showClock, 1000);
}

function prepareWishes() {
  sound.on = wishes.sound && canSpeak;
  element("number").value = wishes.number;
  element("every-number").checked = wishes.everyNumber;
  element("sound").checked = sound.on;
  element("sound").disabled = !canSpeak;
  element("listen").disabled = !canListen;
  if (!canListen) {
    element("listen-hint").textContent = "This browser cannot turn speech into text; type instead.";
  }
  element("sound").addEventListener("change", ({ target }) => {
    sound.on = target.checked;
    sound.quiet();
    keep({ sound: target.checked });
  });
  element("listen").addEventListener("change", listenIfMine);
}

/** Take in what happened; what happened before this page was loaded makes no sound. */
function happened(events, { replayed }) {
  for (const event of events) {
    course.take(event);
    write(event, course);
    if (!replayed) {
      makeHeard(event);
    }
  }
  show();
}

function makeHeard(event) {
  const language = accounts.chosen?.language ?? "en-US";
  switch (event.event) {
    case "ringing":
      sound.ring();
      break;
    case "said":
      sound.speak(event.text, language);
      break;
    case "audio":
      sound.play(event.url);
      break;
    case "answered":
    case "ended":
      sound.quiet();
      break;
    case "you said":
    case "you pressed":
      if (event.understood) {
        sound.quiet();
      }
      break;
  }
}

function show() {
  const { state } = course;
  const talking = state === State.TALKING;
  element("state").textContent = course.sentence || ready();
  document.querySelector(".display").className = `display ${talking ? "live" : ""} ${
    state === State.RINGING || state === State.DIALLING ? "calling" : ""
  }`;
  element("answer").hidden = element("decline").hidden = state !== State.RINGING;
  element("hang-up").hidden = state !== State.DIALLING && !talking;
  element("begin").hidden = state !== State.IDLE;
  element("words").disabled = element("say-it").disabled = !talking;
  element("turn").textContent = talking ? TURNS[course.turn] : "";
  document.title = state === State.RINGING ? `Ringing: ${TITLE}` : TITLE;
  showClock();
  moveFocus();
  listenIfMine();
}

function ready() {
  if (!accounts.all.length) {
    return "No carrier is simulated here, so nothing can ring.";
  }
  return wishes.everyNumber ? "Ready: calls to any number ring here." : `Ready: calls to ${wishes.number} ring here.`;
}

/** Whoever worked a button that is gone now goes on where it makes sense. */
function moveFocus() {
  const here = document.activeElement;
  if (here && here !== document.body && here.checkVisibility() && !here.disabled) {
    return;
  }
  const next = {
    [State.RINGING]: "answer",
    [State.DIALLING]: "hang-up",
    [State.TALKING]: "words",
    [State.IDLE]: "call-me",
  };
  element(next[course.state]).focus();
}

function showClock() {
  const secs = course.state === State.TALKING ? Math.max(0, Date.now() - course.answeredAt) / 1000 : null;
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  element("clock").textContent = secs === null ? "" : `${two(secs / 60)}:${two(secs % 60)}`;
}

function listenIfMine() {
  const talking = course.state === State.TALKING && course.turn === Turn.MINE;
  if (element("listen").checked && talking && !sound.isSpeaking) {
    ear.listen(accounts.chosen?.language ?? "en-US");
  } else {
    ear.stop();
  }
}

async function speak(text) {
  if (text.trim() && (await attempt(() => telephone.act("say", { text })))) {
    element("words").value = "";
  }
}

function dial() {
  return telephone.act("dial", { to: accounts.chosen.number, from: wishes.number });
}

function haveCalled() {
  const params = { to: wishes.number, message: element("opening").value, account: accounts.chosen.id };
  return ask("voicecall.initiate", params);
}

async function takeNumber() {
  const number = element("number").value.replace(/[\s().-]/g, "");
  const known = NUMBER.test(number);
  element("number-fault").textContent = known ? "" : "A number is written like +15559876543.";
  element("number").toggleAttribute("aria-invalid", !known);
  if (!known) {
    element("number").focus();
    return;
  }
  keep({ number, everyNumber: element("every-number").checked });
  element("number").value = number;
  await attempt(() => telephone.take(ringsAt()));
  show();
}

function ringsAt() {
  return wishes.everyNumber ? "" : wishes.number;
}

function keep(changes) {
  Object.assign(wishes, changes);
  localStorage.setItem(KEPT, JSON.stringify(wishes));
}

/** Do `act`; what goes wrong is said. */
async function attempt(act) {
  complain("");
  try {
    await act();
    return true;
  } catch (error) {
    complain(error.message);
    return false;
  }
}

function complain(message) {
  element("fault").textContent = message;
}

function on(id, kind, act) {
  element(id).addEventListener(kind, (event) => {
    event.preventDefault();
    act();
  });
}

start(open);
