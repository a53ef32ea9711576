// A slash goes to the search field, and Escape closes the open menu of a row: both without a mouse.

const search = document.querySelector("[data-search]");
const typing = "input, textarea, select";

addEventListener("keydown", (event) => {
  if (event.key === "/" && search && !event.target.matches(typing)) {
    event.preventDefault();
    search.select();
    search.focus();
  }
  if (event.key === "Escape") {
    const menu = event.target.closest("details.menu[open]");
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
