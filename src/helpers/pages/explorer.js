(function () {
  var known = JSON.parse(document.getElementById("explorer").textContent);
  var form = document.getElementById("choices"), said = document.getElementById("chosen");
  var drawing = document.getElementById("drawing"), figure = document.getElementById("figure-explorer");
  var names = Object.keys(known.options), view, at = {}, sorted = {};
  known.rows.forEach(function (row) { at[row.slice(0, 7).join()] = row; });
  function option(name, text) { return known.options[name].indexOf(text); }
  function number(value) { return value.toLocaleString("en", { useGrouping: true }); }
  function ratio(value) { return (value / 1000).toFixed(2); }
  function point(row) {
    return { year: row[6], ratio: row[7] / 1000, low: row[8] / 1000, high: row[9] / 1000 };
  }
  function chosen() {
    var key = names.map(function (name) { return Number(form.elements[name].value); });
    // All associated countries are in Europe: left out is the same there, and is listed once.
    var c = names.indexOf("compared"), a = names.indexOf("associated");
    if (key[c] === option("compared", "outside Europe") && key[a] === option("associated", "among the others"))
      key[a] = option("associated", "left out");
    return key;
  }
  function ranked(year) {
    if (!sorted[year]) sorted[year] = known.rows.filter(function (row) { return row[6] === year; })
      .sort(function (one, other) { return one[7] - other[7]; });
    return sorted[year];
  }
  function sentence(key, year, row, rank, all) {
    function word(name) { return known.words[name][key[names.indexOf(name)]]; }
    function method(key) { return known.methods[key[names.indexOf("estimator")]]; }
    if (!row) {
      return word("baseline") === String(year) ? year + " is the baseline here: the ratio is 1 by definition."
        : "No estimate for " + year + " with this baseline: it is part of it, or beyond one step of the trend. "
          + "Choose another year or baseline.";
    }
    var clear = row[9] < 1000 ? "lies below 1" : row[8] > 1000 ? "lies above 1" : "includes 1, no difference";
    return "In " + year + " the EU-27 stood at " + ratio(row[7]) + " times what the change of the comparison group "
      + "would have given (" + known.level + " % interval " + ratio(row[8]) + " to " + ratio(row[9]) + ", " + method(key) + ", which "
      + clear + "). n = " + number(row[10] + row[11]) + " places: " + row[10] + " on the EU's side, " + row[11]
      + " on the other. Estimator: " + word("estimator") + "; compared with " + word("baseline") + "; "
      + word("treated") + "; comparison: " + word("compared") + ". Number " + number(rank) + " of " + number(all)
      + " specifications of that year, lowest first.";
  }
  function put(name, values) {
    if (view) { view.data(name, values); return; }
    known.spec.data.forEach(function (one) { if (one.name === name) one.values = values; });
  }
  function show() {
    var key = chosen(), year = Number(form.elements.year.value), row = at[key.concat(year).join()];
    var list = ranked(year), rank = row ? list.indexOf(row) + 1 : 0, path = [];
    said.textContent = sentence(key, year, row, rank, list.length);
    for (var y = 2019; y <= 2023; y++) {
      var one = at[key.concat(y).join()];
      var base = known.options.baseline[key[names.indexOf("baseline")]];
      var is = (base === "year before" && y === 2020) || (base === "two years before" && y === 2019);
      if (one) path.push(Object.assign(point(one), { now: y === year }));
      else if (is) path.push({ year: y, ratio: 1, low: 1, high: 1, now: false });
    }
    put("path", path);
    put("all", list.map(function (r, i) { return Object.assign(point(r), { rank: i + 1 }); }));
    put("now", row ? [Object.assign(point(row), { rank: rank })] : []);
    var width = Math.max(200, drawing.clientWidth - 70);
    if (view) view.width(width).runAsync();
    else known.spec.width = width;
  }
  names.forEach(function (name) {
    Array.from(form.elements[name].options).forEach(function (one, i) { one.textContent = known.words[name][i]; });
  });
  form.hidden = false;
  figure.hidden = false;
  form.addEventListener("change", show);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("reset", function () { setTimeout(show); });
  show();
  vegaEmbed(drawing, known.spec, { mode: "vega", renderer: "svg", actions: false, ast: true, tooltip: false,
    logLevel: 1 })
    .then(function (made) {
      view = made.view;
      drawing.querySelector("svg").setAttribute("aria-hidden", "true");
      show();
      addEventListener("resize", show);
    });
})();
