// Shows each finished address of a field as a chip; the field sends all of them.

const BETWEEN = /[,;\n]/;
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

class AddressChips extends HTMLElement {
  connectedCallback() {
    if (this.chips) return;
    this.field = this.querySelector("textarea");
    this.chips = document.createElement("ul");
    this.chips.className = "chips";
    this.field.before(this.chips);
    this.field.addEventListener("input", () => this.takeFinished());
    this.field.addEventListener("keydown", (event) => this.takeLastBack(event));
    this.field.form.addEventListener("formdata", (event) => {
      event.formData.set(this.field.name, [...this.addresses(), this.field.value].join("\n"));
    });
    this.take("");
  }

  addresses() {
    return [...this.chips.children].map((chip) => chip.dataset.address);
  }

  takeFinished() {
    const words = this.field.value.split(BETWEEN);
    if (words.length > 1) this.take(words.pop());
  }

  // Makes chips of all that was typed, but for `rest`.
  take(rest) {
    const typed = this.field.value.slice(0, this.field.value.length - rest.length);
    for (const word of typed.split(BETWEEN)) {
      const address = word.trim();
      if (address && !this.addresses().includes(address)) this.chips.append(this.chip(address));
    }
    this.field.value = rest.trimStart();
  }

  takeLastBack(event) {
    const last = this.chips.lastElementChild;
    if (event.key !== "Backspace" || this.field.value || !last) return;
    event.preventDefault();
    this.field.value = last.dataset.address;
    last.remove();
  }

  chip(address) {
    const chip = document.createElement("li");
    const remove = document.createElement("button");
    chip.className = "chip";
    chip.dataset.address = address;
    chip.append(address);
    if (!ADDRESS.test(address)) {
      chip.classList.add("odd");
      chip.append(` (${this.dataset.wordsOdd})`);
    }
    remove.type = "button";
    remove.textContent = "×";
    remove.setAttribute("aria-label", this.dataset.wordsRemove.replace("{address}", address));
    remove.addEventListener("click", () => {
      chip.remove();
      this.field.focus();
    });
    chip.append(remove);
    return chip;
  }
}

customElements.define("address-chips", AddressChips);
