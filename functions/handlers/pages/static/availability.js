// Paints times on days. The fields of the form stay the one truth: painting rewrites
// their lines, typing repaints the days.

const DAY = 24 * 60;
const HALF_HOUR = 30;
const form = document.querySelector("[data-availability]");
const words = form.dataset;
// English days are written like the server's: "Tue 24 Nov".
const locale = document.documentElement.lang.replace(/^en$/, "en-GB");
const zoneField = form.elements.time_zone;
const lines = form.querySelector("[data-rows]");
const lineTemplate = form.querySelector("[data-row-template]");
const painting = form.querySelector("[data-painting]");
const days = form.querySelector("[data-days]");
const dayTemplate = form.querySelector("[data-day]");
const allHours = form.querySelector("[data-all-hours]");
const isReadOnly = !form.querySelector("[data-save]");

/** For each day that has some ("2026-12-01"): [from, to] in minutes since midnight, sorted, apart. */
let times = new Map();
let newLines = 0;
let openDay = null;
let stroke = null;

// Days and clocks

const dayAfter = (day, count) => new Date(Date.parse(day) + count * 86400000).toISOString().slice(0, 10);
const writer = (style) => new Intl.DateTimeFormat(locale, { day: "numeric", timeZone: "UTC", ...style });
const clock = (minutes) => new Date((minutes % DAY) * 60000).toISOString().slice(11, 16);
const minutesOf = (text) => (/^\d\d:\d\d/.test(text) ? Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5)) : NaN);

/** The day and minute that clocks in the chosen zone show at an instant. */
function onTheClock(milliseconds) {
  const style = { dateStyle: "short", timeStyle: "short", timeZone: zoneField.value };
  const [day, time] = new Intl.DateTimeFormat("sv-SE", style).format(milliseconds).split(" ");
  return [day, minutesOf(time)];
}

/** Like `times`, for what is booked. */
function takenTimes() {
  const taken = new Map();
  for (const span of words.taken.split(" ").filter(Boolean)) {
    const [start, end] = span.split("/").map((seconds) => onTheClock(seconds * 1000));
    for (let day = start[0]; day <= end[0]; day = dayAfter(day, 1)) {
      const part = [day === start[0] ? start[1] : 0, day === end[0] ? end[1] : DAY];
      taken.set(day, [...(taken.get(day) ?? []), part]);
    }
  }
  return taken;
}

// Spans

function merged(spans) {
  const result = [];
  for (const [from, to] of [...spans].sort((one, other) => one[0] - other[0])) {
    const last = result.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}

const without = (spans, from, to) =>
  spans.flatMap(([start, end]) => [[start, Math.min(end, from)], [Math.max(start, to), end]]).filter(([start, end]) => start < end);

const painted = (spans, from, to, on) => (on ? merged([...spans, [from, to]]) : without(spans, from, to));

const covered = (spans, from, to) =>
  spans.reduce((sum, [start, end]) => sum + Math.max(0, Math.min(end, to) - Math.max(start, from)), 0);

// The fields

function spanOf(line) {
  const [day, start, end] = [...line.querySelectorAll("input")].map((input) => input.value);
  const [from, to] = [minutesOf(start), minutesOf(end) || (end ? DAY : NaN)];
  return day && from < to ? { day, from, to } : null;
}

function readLines() {
  times = new Map();
  for (const line of lines.children) {
    const span = spanOf(line);
    if (span) times.set(span.day, merged([...(times.get(span.day) ?? []), [span.from, span.to]]));
  }
}

function newLine(day = "", start = "", end = "") {
  newLines += 1;
  const line = lineTemplate.content.firstElementChild.cloneNode(true);
  for (const [index, input] of [...line.querySelectorAll("input")].entries()) {
    input.value = [day, start, end][index];
    input.id = input.id.replace("new", `new${newLines}`);
    line.querySelectorAll("label")[index].htmlFor = input.id;
  }
  return line;
}

function writeDay(day) {
  for (const line of [...lines.children]) if (spanOf(line)?.day === day) line.remove();
  const later = [...lines.children].find((line) => !spanOf(line) || spanOf(line).day > day);
  for (const [from, to] of times.get(day) ?? []) lines.insertBefore(newLine(day, clock(from), clock(to)), later ?? null);
}

function setDays(changes) {
  for (const [day, spans] of changes) {
    times.set(day, spans);
    writeDay(day);
  }
  show();
}

// What is seen

function showSum() {
  for (const [index, line] of [...lines.children].entries()) line.querySelector("legend").textContent = words.time.replace("{n}", index + 1);
  if (isReadOnly) return;
  const spans = [...times.values()].flat();
  const plural = new Intl.PluralRules(locale).select(spans.length) === "one" ? words.saveOne : words.saveOther;
  form.querySelector("[data-save]").lastChild.textContent = spans.length ? plural.replace("{n}", spans.length) : words.saveNone;
  const hours = covered(spans, 0, DAY) / 60;
  form.querySelector("[data-hours]").textContent = hours
    ? new Intl.NumberFormat(locale, { style: "unit", unit: "hour", unitDisplay: "long", maximumFractionDigits: 1 }).format(hours) : "";
}

function hoursShown(taken, shown) {
  if (allHours.ariaPressed === "true") return [0, DAY];
  const spans = shown.flatMap((day) => [...(times.get(day) ?? []), ...(taken.get(day) ?? [])]);
  const first = Math.min(8 * 60, ...spans.map(([from]) => from));
  return [first - (first % 60), Math.max(20 * 60, ...spans.map(([, to]) => Math.ceil(to / 60) * 60))];
}

function showDay(day, taken, [today, minuteNow], [first, last]) {
  const box = dayTemplate.content.firstElementChild.cloneNode(true);
  const [spans, booked] = [times.get(day) ?? [], taken.get(day) ?? []];
  const name = box.querySelector(".day-name");
  box.dataset.day = day;
  box.classList.toggle("open", day === openDay);
  box.classList.toggle("some", spans.length > 0);
  name.ariaExpanded = String(day === openDay);
  name.children[0].textContent = writer({ weekday: "short", month: "short" }).format(Date.parse(day));
  name.children[1].textContent = spans.map(([from, to]) => `${clock(from)}–${clock(to)}`).join(", ") || words.nothing;
  for (let at = first; at < last; at += HALF_HOUR) {
    const cell = document.createElement("i");
    const share = covered(spans, at, at + HALF_HOUR);
    const isTaken = covered(booked, at, at + HALF_HOUR) > 0;
    cell.dataset.at = at;
    cell.textContent = isTaken ? words.booked : clock(at);
    cell.classList.toggle("on", share === HALF_HOUR);
    cell.classList.toggle("part", share > 0 && share < HALF_HOUR);
    cell.classList.toggle("taken", isTaken);
    cell.classList.toggle("past", day === today && at + HALF_HOUR <= minuteNow);
    box.lastElementChild.append(cell);
  }
  return box;
}

let firstDay = null;

function show() {
  showSum();
  const now = onTheClock(Date.now());
  if (!firstDay || firstDay < now[0]) firstDay = now[0];
  const taken = takenTimes();
  const shown = Array.from({ length: 7 }, (_, index) => dayAfter(firstDay, index));
  const span = hoursShown(taken, shown);
  const hours = document.createElement("div");
  hours.className = "hours";
  hours.ariaHidden = "true";
  for (let at = span[0]; at < span[1]; at += 60) hours.append(Object.assign(document.createElement("span"), { textContent: clock(at) }));
  const focused = document.activeElement?.closest(".day")?.dataset.day;
  days.replaceChildren(hours, ...shown.map((day) => showDay(day, taken, now, span)));
  if (focused) days.querySelector(`[data-day="${focused}"] .day-name`)?.focus({ preventScroll: true });
  form.querySelector("#days").textContent = [shown[0], shown[6]].map((day) => writer({ month: "long" }).format(Date.parse(day))).join(" – ");
  form.querySelector('[data-turn="-7"]').disabled = firstDay === now[0];
}

// Painting

const cellAt = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest?.(".cells i:not(.past)");
const placeOf = (cell) => ({ day: cell.closest(".day").dataset.day, at: Number(cell.dataset.at) });

function drawStroke(to) {
  const [firstAt, lastAt] = [stroke.from.at, to.at].sort((one, other) => one - other);
  const [start, end] = [stroke.from.day, to.day].sort();
  times = new Map(stroke.before);
  for (let day = start; day <= end; day = dayAfter(day, 1)) {
    times.set(day, painted(times.get(day) ?? [], firstAt, lastAt + HALF_HOUR, stroke.on));
    stroke.days.add(day);
  }
  show();
}

days.addEventListener("pointerdown", (event) => {
  const cell = event.target.closest(".cells i:not(.past)");
  if (!cell || isReadOnly || event.button) return;
  const from = placeOf(cell);
  stroke = { from, before: new Map(times), on: !cell.classList.contains("on"), days: new Set() };
  drawStroke(from);
});
document.addEventListener("pointermove", (event) => {
  const cell = stroke && cellAt(event);
  if (cell) drawStroke(placeOf(cell));
});
document.addEventListener("pointerup", () => {
  if (!stroke) return;
  const touched = stroke.days;
  stroke = null;
  setDays([...touched].map((day) => [day, times.get(day) ?? []]));
});
document.addEventListener("pointercancel", () => {
  // The finger scrolled the page: it did not mean to paint.
  if (!stroke) return;
  times = stroke.before;
  stroke = null;
  show();
});

function daysToCopyTo(day, where) {
  if (where === "weeks") return [7, 14, 21, 28].map((count) => dayAfter(day, count));
  const isWeekday = (other) => ![0, 6].includes(new Date(other).getUTCDay());
  return [1, 2, 3, 4, 5, 6].map((count) => dayAfter(day, count)).filter(isWeekday);
}

days.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { day } = button.closest(".day").dataset;
  const spans = times.get(day) ?? [];
  if (button.classList.contains("day-name")) openDay = openDay === day ? null : day;
  if (button.dataset.paint) setDays([[day, painted(spans, ...button.dataset.paint.split("-").map(Number), true)]]);
  else if (button.dataset.copy) setDays(daysToCopyTo(day, button.dataset.copy).map((other) => [other, merged(spans.map((span) => [...span]))]));
  else if ("clear" in button.dataset) setDays([[day, []]]);
  else show();
});

// Buttons that work without script too, here without a round trip

form.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=action]");
  const [verb] = button?.value.split("-") ?? [];
  if (!["add", "copy", "remove"].includes(verb)) return;
  event.preventDefault();
  const line = button.closest(".entry");
  if (verb === "add") lines.append(newLine());
  else if (verb === "remove") line.remove();
  else {
    const [day, start, end] = [...line.querySelectorAll("input")].map((input) => input.value);
    line.after(newLine(day && dayAfter(day, 1), start, end));
  }
  readLines();
  show();
  (verb === "copy" ? line.nextElementSibling : lines.lastElementChild)?.querySelector("input").focus();
});
lines.addEventListener("change", () => {
  readLines();
  show();
});
zoneField.addEventListener("change", show);
painting.addEventListener("click", (event) => {
  const button = event.target.closest("[data-turn], [data-all-hours]");
  if (!button) return;
  if (button === allHours) allHours.ariaPressed = String(allHours.ariaPressed !== "true");
  else firstDay = dayAfter(firstDay, Number(button.dataset.turn));
  show();
});

readLines();
firstDay = [...times.keys()].sort()[0] ?? null;
show();
painting.hidden = false;
const typing = form.querySelector("[data-typing]");
typing.open = "keepOpen" in typing.dataset;
