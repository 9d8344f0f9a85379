// Light or dark: as the system has it, until the reader says otherwise. What was said is kept where
// the browser lets a page keep something, which a page opened from a file may not.
const STORED = "harness-theme";
const systemDark = matchMedia("(prefers-color-scheme: dark)");
let chosen = recalled();

function recalled() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

function remember() {
  try {
    if (chosen) localStorage.setItem(STORED, chosen);
    else localStorage.removeItem(STORED);
  } catch {
    // It lasts as long as the page.
  }
}

const isDark = () => (chosen ? chosen === "dark" : systemDark.matches);

// Figures follow the colour scheme of their page, so nothing else need be told.
function showTheme() {
  const root = document.documentElement;
  root.style.colorScheme = isDark() ? "dark" : "light";
  document.getElementById("dark").media = isDark() ? "screen" : "not all";
  document.querySelector("button.theme")?.setAttribute("aria-pressed", String(isDark()));
}

function themeSwitch() {
  const button = makeButton("Dark", "theme", () => {
    const wanted = isDark() ? "light" : "dark";
    chosen = wanted === (systemDark.matches ? "dark" : "light") ? null : wanted;
    remember();
    showTheme();
  });
  button.setAttribute("aria-label", "Dark page");
  document.querySelector(".top").prepend(button);
  showTheme();
}

showTheme();
systemDark.addEventListener("change", showTheme);
