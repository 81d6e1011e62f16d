// How long the far end waited for each reply, and for what: a small chart, and the same as a table.

const SVG = "http://www.w3.org/2000/svg";
const STAGES = [
  ["webhook_ms", "until we knew"],
  ["agent_ms", "until the agent was asked"],
  ["first_sentence_ms", "until its first sentence"],
  ["sent_ms", "until that was handed on"],
];
const UNKNOWN = "–";

/** Show the timings in *transcript* in the chart, its key and its table; false if there are none. */
export function showTimings(transcript, { chart, key, rows }) {
  const replies = transcript.filter((line) => line.timing);
  if (replies.length === chart.childElementCount) {
    return replies.length > 0;
  }
  const longest = Math.max(1, ...replies.map(({ timing }) => timing.total_ms));
  key.replaceChildren(...STAGES.map(keyItem));
  chart.replaceChildren(...replies.map((reply, place) => bar(reply, place + 1, longest)));
  rows.replaceChildren(...replies.map((reply, place) => row(reply, place + 1)));
  return replies.length > 0;
}

function keyItem([, words], place) {
  const item = made("li", "", "");
  const swatch = drawn("svg", { class: "swatch", "aria-hidden": "true" });
  swatch.append(drawn("rect", { class: `stage-${place}`, width: "100%", height: "100%" }));
  item.append(swatch, words);
  return item;
}

function bar({ text, timing }, number, longest) {
  const item = made("li", "bar-row", "");
  item.title = text;
  const picture = drawn("svg", { class: "bar-picture", "aria-hidden": "true" });
  let begin = 0;
  STAGES.forEach(([name], place) => {
    const share = (100 * (timing[name] ?? 0)) / longest;
    picture.append(
      drawn("rect", { class: `stage-${place}`, x: `${begin}%`, width: `${share}%`, height: "100%" }),
    );
    begin += share;
  });
  const name = made("span", "bar-name", `${number}`);
  name.prepend(made("span", "unseen", "Reply "));
  item.append(name, picture, made("span", "bar-total", millis(timing.total_ms)));
  return item;
}

function row({ text, timing }, number) {
  const line = document.createElement("tr");
  const head = made("th", "", `${number}`);
  head.scope = "row";
  head.title = text;
  const names = [...STAGES.map(([name]) => name), "total_ms"];
  line.append(head, ...names.map((name) => made("td", "", millis(timing[name]))));
  return line;
}

function millis(value) {
  return value === null || value === undefined ? UNKNOWN : `${value} ms`;
}

function made(name, className, text) {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}

function drawn(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) {
    element.setAttribute(attribute, value);
  }
  return element;
}
