// Tells that a person has the page before them: mail scanners run scripts, and touch nothing.

const token = document.querySelector("[name=token]")?.value;
const touches = ["pointerdown", "keydown"];

function tell(event) {
  if (!event.isTrusted) return;
  for (const touch of touches) removeEventListener(touch, tell);
  fetch("/availability/opened", {
    method: "POST",
    body: new URLSearchParams({ token }),
    keepalive: true,
  });
}

for (const touch of touches) addEventListener(touch, tell);
