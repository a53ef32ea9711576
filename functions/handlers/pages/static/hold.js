// Counts down how long a time is kept, and says once that it no longer is.

const kept = document.querySelector("[data-hold]");
const ends = Date.now() + Number(kept.dataset.hold) * 1000;

function tick() {
  const left = Math.ceil((ends - Date.now()) / 1000);
  if (left > 0) {
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    kept.textContent = kept.dataset.wordsLeft.replace("{time}", clock);
  } else {
    clearInterval(timer);
    kept.hidden = true;
    document.querySelector("[data-hold-over]").textContent = kept.dataset.wordsOver;
  }
}

const timer = setInterval(tick, 1000);
tick();
