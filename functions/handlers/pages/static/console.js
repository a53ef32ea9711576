// In every list: a slash goes to the search box, and Escape closes the open menu of a row.

const search = document.querySelector("input[type=search]");
const typing = "input, select, textarea, [contenteditable]";

addEventListener("keydown", (press) => {
  const hasModifier = press.ctrlKey || press.metaKey || press.altKey;
  if (press.key === "/" && search && !hasModifier && !press.target.closest(typing)) {
    press.preventDefault();
    search.focus();
    search.select();
  }
  if (press.key === "Escape") {
    const menu = press.target.closest("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
});

// One menu at a time, and none once somebody looks elsewhere.
addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
