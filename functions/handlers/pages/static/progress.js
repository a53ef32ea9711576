// Shows how far something is until it is done: every two seconds, or less often while it rests.

const SHORTEST = 2;
const LONGEST = 60;
let seconds = SHORTEST;

async function look() {
  const answer = await fetch(location.href).catch(() => null);
  if (answer?.redirected) return; // Signed out: nothing more will be told.
  seconds = Math.min(seconds * 2, LONGEST);
  if (answer?.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.getElementById("progress");
    const isDone = !("running" in now.dataset);
    show(now, isDone);
    if (isDone) return;
  }
  setTimeout(look, seconds * 1000);
}

// What somebody is in the middle of stays; the last state does not wait for them.
function show(now, isDone) {
  const shown = document.getElementById("progress");
  const isInUse = shown.contains(document.activeElement);
  if (isInUse && !isDone) return;
  if (shown.textContent !== now.textContent) seconds = SHORTEST;
  shown.replaceWith(document.adoptNode(now));
  if (isInUse) {
    now.tabIndex = -1;
    now.focus();
  }
}

setTimeout(look, seconds * 1000);
