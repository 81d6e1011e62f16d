// The twelve keys: by mouse, by touch, by typing, by arrow keys.

const KEYS = [
  ["1", ""], ["2", "ABC"], ["3", "DEF"],
  ["4", "GHI"], ["5", "JKL"], ["6", "MNO"],
  ["7", "PQRS"], ["8", "TUV"], ["9", "WXYZ"],
  ["*", "", "star"], ["0", "+"], ["#", "", "hash"],
];
const COLUMNS = 3;
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS };

/** Put the keys into `group`; `press(digit)` is called for each that is pressed. */
export function keypad(group, press) {
  const keys = KEYS.map((one) => key(one, press));
  keys[0].tabIndex = 0;
  group.replaceChildren(...keys);
  group.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (event.key in STEPS) {
      event.preventDefault();
      focus(keys, keys.indexOf(document.activeElement) + STEPS[event.key]);
      return;
    }
    const typed = keys.find((one) => one.dataset.digit === event.key);
    if (typed) {
      event.preventDefault();
      focus(keys, keys.indexOf(typed));
      typed.click();
    }
  });
}

function key([digit, letters, name], press) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "key";
  button.dataset.digit = digit;
  button.tabIndex = -1;
  const main = document.createElement("span");
  main.textContent = digit;
  const small = document.createElement("small");
  small.textContent = letters;
  small.setAttribute("aria-hidden", "true");
  button.append(main, small);
  if (name) {
    button.setAttribute("aria-label", name);
  }
  button.addEventListener("click", () => press(digit));
  return button;
}

function focus(keys, place) {
  const next = keys[place];
  if (next) {
    keys.forEach((one) => {
      one.tabIndex = one === next ? 0 : -1;
    });
    next.focus();
  }
}
