// How things stand at the telephone, from what happened to it.

/** What a telephone is doing. */
export const State = Object.freeze({
  IDLE: "idle",
  RINGING: "ringing",
  DIALLING: "dialling",
  TALKING: "talking",
});

/** Whose turn it is to speak. */
export const Turn = Object.freeze({ AGENT: "agent", MINE: "mine", THINKING: "thinking" });

/** Where the call stands that a telephone is in, or was in last. */
export class Course {
  constructor() {
    this.state = State.IDLE;
    this.turn = Turn.AGENT;
    this.other = "";
    this.mine = "";
    this.placed = false;
    this.answeredAt = null;
    this.ended = "";
  }

  /** Take in the next thing that happened. */
  take(event) {
    switch (event.event) {
      case "ringing":
        this.begin(State.RINGING, event.caller, event.called);
        break;
      case "dialling":
        this.begin(State.DIALLING, event.called, "");
        break;
      case "answered":
        this.state = State.TALKING;
        this.answeredAt = Date.parse(event.at);
        break;
      case "said":
      case "audio":
      case "keys":
        this.turn = Turn.AGENT;
        break;
      case "listening":
        this.turn = Turn.MINE;
        break;
      case "you said":
      case "you pressed":
        this.turn = event.understood ? Turn.THINKING : this.turn;
        break;
      case "ended":
        this.state = State.IDLE;
        this.ended = event.how;
        break;
    }
  }

  begin(state, other, mine) {
    this.state = state;
    this.other = other;
    this.mine = mine;
    this.placed = state === State.DIALLING;
    this.answeredAt = null;
    this.ended = "";
    this.turn = Turn.AGENT;
  }

  /** One sentence that says how things stand. */
  get sentence() {
    switch (this.state) {
      case State.RINGING:
        return `${this.other} is calling ${this.mine}.`;
      case State.DIALLING:
        return `Calling ${this.other}.`;
      case State.TALKING:
        return `Connected with ${this.other}.`;
      default:
        return this.outcome;
    }
  }

  /** How the last call ended; empty if there was none. */
  get outcome() {
    if (!this.ended) {
      return "";
    }
    if (this.placed && this.answeredAt === null) {
      return `The agent did not take the call (${this.ended}).`;
    }
    return `The call is over (${this.ended}).`;
  }
}
