(function () {
  var root = document.documentElement, key = "eprivacy-its-theme";
  function stored(value) {
    try { return value ? localStorage.setItem(key, value) : localStorage.getItem(key); } catch (e) { return null; }
  }
  var kept = stored();
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  function dark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }
  function unfold() {
    var target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (var at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target && target.classList.contains("its-cell")) {
      var code = target.querySelector("details.its-input");
      if (code) code.open = true;
    }
  }
  addEventListener("hashchange", unfold);
  addEventListener("DOMContentLoaded", function () {
    var button = document.getElementById("theme");
    function say() {
      button.textContent = dark() ? "Light" : "Dark";
      button.setAttribute("aria-label", dark() ? "Use light colours" : "Use dark colours");
    }
    button.hidden = false;
    say();
    button.addEventListener("click", function () {
      root.dataset.theme = dark() ? "light" : "dark";
      stored(root.dataset.theme);
      say();
    });
    unfold();
  });
})();
