// What the other files share: buttons, words for who cannot see, files made in the page.
function makeButton(text, kind, action) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = kind;
  button.textContent = text;
  button.addEventListener("click", action);
  return button;
}

const oneLine = (text) => text.replace(/\s+/g, " ").trim();

const live = document.createElement("p");
live.className = "hidden";
live.setAttribute("role", "status");
const say = (text) => {
  live.textContent = text;
};

function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// The button says that it is done, for eyes and for ears, and then what it does again.
function done(button, text) {
  const before = (button.dataset.label ??= button.textContent);
  button.textContent = text;
  say(text);
  clearTimeout(button.timer);
  button.timer = setTimeout(() => {
    button.textContent = before;
  }, 2000);
}
