// The accounts at simulated carriers: which is called through, and whom it lets in.

import { simulatedNumbers } from "./phone-line.js";
import { ask } from "./rpc.js";

const POLICIES = {
  disabled: "takes no calls as long as its inbound policy is “disabled”.",
  allowlist: "takes calls from the numbers in its allowlist.",
  open: "takes calls from everybody.",
};
const element = (id) => document.getElementById(id);

/** Those that there are, and the one that is chosen. */
export class Accounts {
  constructor() {
    this.all = [];
    element("account").addEventListener("change", () => this.showPolicy());
  }

  /** The one that is chosen, if there is any. */
  get chosen() {
    return this.all.find(({ id }) => id === element("account").value);
  }

  /** Find out which there are, and what they do with a caller. */
  async refresh() {
    const [numbers, status] = await Promise.all([simulatedNumbers(), ask("voicecall.status")]);
    const before = element("account").value;
    this.all = numbers.map(({ number, account }) => ({
      ...status.accounts.find(({ id }) => id === account),
      id: account,
      number,
    }));
    const options = this.all.map(({ id, number }) => new Option(`${id}, ${number}`, id));
    element("account").replaceChildren(...options);
    const first = this.all.find(({ id }) => id === before) ?? this.all.find((one) => one.default);
    element("account").value = (first ?? this.all[0])?.id ?? "";
    this.showPolicy();
  }

  showPolicy() {
    const policy = this.chosen && POLICIES[this.chosen.inbound_policy];
    element("policy-words").textContent = policy ? `${this.chosen.id} ${policy}` : "";
    element("policy").hidden = !policy;
  }
}
