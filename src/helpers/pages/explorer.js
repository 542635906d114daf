(function () {
  var known = JSON.parse(document.getElementById("explorer").textContent);
  var form = document.getElementById("choices"), said = document.getElementById("chosen");
  var drawing = document.getElementById("drawing"), figure = document.getElementById("figure-explorer");
  var names = Object.keys(known.options), view, at = {}, sorted = {}, strips = {}, state = document.getElementById("state");
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
  // Share of the specifications of each stretch of the curve that have an option, lowest first.
  function strip(year) {
    var list = ranked(year), parts = Math.min(known.stretches, list.length), row = 0;
    if (!strips[year]) strips[year] = names.flatMap(function (name, c) {
      return known.options[name].flatMap(function (_, option) {
        row++;
        return Array.from({ length: parts }, function (_, k) {
          var from = Math.round(k * list.length / parts), to = Math.round((k + 1) * list.length / parts);
          var have = list.slice(from, to).filter(function (one) { return one[c] === option; }).length;
          return { row: row, words: known.labels[name][option], c: c, option: option, from: from + 1, to: to,
            share: have / (to - from) };
        });
      });
    });
    return strips[year];
  }
  function words(row) {
    return names.map(function (name, c) { return known.words[name][row[c]]; }).join("; ");
  }
  function choose(key, year) {
    names.forEach(function (name, c) { form.elements[name].value = key[c]; });
    if (year) form.elements.year.value = year;
  }
  function linked() {
    var found = /^#s=(\d+(?:\.\d+){6})$/.exec(location.hash), key = found && found[1].split(".").map(Number);
    if (key && names.every(function (name, c) { return key[c] < known.options[name].length; })) choose(key, key[6]);
    return Boolean(key);
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
    state.href = "#s=" + key.concat(year).join(".");
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
    put("all", list.map(function (r, i) {
      return Object.assign(point(r), { rank: i + 1, words: words(r), key: r.slice(0, 6) });
    }));
    put("strip", strip(year).map(function (one) { return Object.assign({ now: key[one.c] === one.option }, one); }));
    form.elements.rank.max = list.length;
    if (row) form.elements.rank.value = rank;
    form.elements.rank.setAttribute("aria-valuetext", row ? number(rank) + " of " + number(list.length) + ": " + words(row) : "none");
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
  form.elements.rank.addEventListener("input", function () {
    var year = Number(form.elements.year.value);
    choose(ranked(year)[Number(form.elements.rank.value) - 1]);
    show();
  });
  form.addEventListener("change", show);
  addEventListener("hashchange", function () { if (linked()) show(); });
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("reset", function () { setTimeout(show); });
  linked();
  show();
  vegaEmbed(drawing, known.spec, { mode: "vega", renderer: "svg", actions: false, ast: true, tooltip: { theme: "custom" },
    logLevel: 1 })
    .then(function (made) {
      view = made.view;
      view.addEventListener("click", function (_, item) {
        var on = item && item.datum;
        if (on && on.key) choose(on.key);
        else if (on && on.words) form.elements[names[on.c]].value = on.option;
        else return;
        show();
      });
      drawing.querySelector("svg").setAttribute("aria-hidden", "true");
      show();
      addEventListener("resize", show);
    });
})();
