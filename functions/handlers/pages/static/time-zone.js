// Offers every zone the browser knows and starts with the one it is in.

const detected = Intl.DateTimeFormat().resolvedOptions().timeZone;

function widen(select) {
  const offered = new Set([...select.options].map((option) => option.value));
  const group = document.createElement("optgroup");
  group.label = select.dataset.more;
  for (const zone of new Set([detected, ...Intl.supportedValuesOf("timeZone")])) {
    if (zone && !offered.has(zone)) group.append(new Option(zone.replaceAll("_", " "), zone));
  }
  select.append(group);
}

function showPageIn(zone) {
  const address = new URL(location.href);
  address.searchParams.set("time_zone", zone);
  location.replace(address);
}

for (const select of document.querySelectorAll("select[data-zones]")) {
  widen(select);
  const form = select.closest("[data-zone-form]");
  if (form) {
    form.querySelector("button").hidden = true;
    select.addEventListener("change", () => form.requestSubmit());
    if ("guess" in form.dataset && detected && detected !== select.value) showPageIn(detected);
  } else if ("guess" in select.dataset && detected) {
    select.value = detected;
  }
}
