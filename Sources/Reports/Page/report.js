"use strict";
(() => {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  const reading = { get: () => null, set: () => {} };
  // A file opened from a disk may not be allowed to keep anything.
  try {
    const store = window.localStorage;
    reading.get = () => store.getItem("atelier-theme");
    reading.set = (theme) => store.setItem("atelier-theme", theme);
  } catch { /* The choice then lasts as long as the page. */ }

  let chosen = null;
  try { chosen = reading.get(); } catch { chosen = null; }
  const theme = () => chosen || (prefersDark.matches ? "dark" : "light");
  const charts = [];

  const showTheme = () => {
    root.dataset.theme = theme();
    button.textContent = theme() === "dark" ? "Light colours" : "Dark colours";
    charts.forEach(colour);
  };

  // Numbers as the tables have them: a comma between thousands, a point before decimals, whatever the browser's language.
  const plain = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });
  const tick = (unit) => (value) => {
    if (unit === "ratio") return plain.format(value * 100) + "%";
    const size = Math.abs(value);
    if (size >= 1e9) return plain.format(value / 1e9) + " bn";
    if (size >= 1e6) return plain.format(value / 1e6) + " m";
    if (size > 0 && size < 0.01) return String(Number(value.toPrecision(2)));
    return plain.format(value);
  };
  const cut = (text, length) => (text.length > length ? text.slice(0, length - 1) + "…" : text);

  const palette = (style) => Array.from({ length: 12 }, (_, index) => style.getPropertyValue(`--c${index}`).trim());
  const dashes = [[], [6, 3], [2, 3], [10, 3, 2, 3]];
  const points = ["circle", "rect", "triangle", "rectRot", "crossRot", "star"];

  function axis(title, unit, more) {
    return Object.assign({
      beginAtZero: true, title: { display: Boolean(title), text: title }, grid: {}, ticks: { callback: tick(unit) },
    }, more);
  }

  // A second axis where the series count different things.
  function axes(data) {
    const titles = [...new Set(data.series.map((series) => `${series.unit}|${series.title}`))];
    const units = [...new Set(data.series.map((series) => series.unit))];
    const of = (series) => (units.length > 1 && series.unit !== units[0] ? 1 : 0);
    const title = (place) => {
      const names = [...new Set(data.series.filter((series) => of(series) === place).map((series) => series.title))];
      return names.length === 1 || titles.length === 1 ? names[0] : "";
    };
    return { units: units.slice(0, 2), of, title };
  }

  // Equal steps are equal factors; labelled are the powers of ten and, where there are few, twice and five times them.
  function logarithmic(unit, range) {
    return {
      type: "logarithmic", beginAtZero: false, ticks: {
        maxRotation: 0, autoSkip: false,
        callback: (value) => {
          const leading = value / 10 ** Math.floor(Math.log10(value) + 1e-9);
          const shown = range > 1000 ? [1] : [1, 2, 5];
          return shown.some((digit) => Math.abs(leading - digit) < 1e-6) ? tick(unit)(value) : null;
        },
      },
    };
  }

  const range = (values) => {
    const above = values.filter((value) => value > 0);
    return above.length ? Math.max(...above) / Math.min(...above) : 1;
  };

  function configuration(data) {
    const isLogarithmic = data.scale === "logarithmic";
    const { units, of, title } = axes(data);
    const lies = data.shape === "bars" || data.shape === "dots";
    const values = lies ? "x" : "y";
    const labels = lies ? "y" : "x";
    const options = {
      animation: false, responsive: true, maintainAspectRatio: false, locale: "en-US", indexAxis: labels === "y" ? "y" : "x",
      interaction: { mode: "index", axis: labels, intersect: false },
      plugins: {
        legend: { display: data.series.length > 1, position: "bottom", labels: { usePointStyle: true, boxHeight: 7 } },
        tooltip: { callbacks: {
          title: (items) => data.labels[items[0].dataIndex],
          label: (item) => ` ${data.series[item.datasetIndex].name}: ${data.series[item.datasetIndex].texts[item.dataIndex]}`,
        } },
      },
    };
    const datasets = data.series.map((series, index) => ({
      label: cut(series.name, 40), data: series.values, borderWidth: 2, pointStyle: points[index % points.length],
      [`${values}AxisID`]: of(series) ? `${values}2` : values,
    }));
    if (data.shape === "pie") {
      options.interaction = { mode: "nearest", intersect: true };
      options.plugins.legend = { display: true, position: "right", labels: { usePointStyle: true, boxHeight: 7 } };
      datasets.forEach((set) => { delete set.yAxisID; });
      return { type: "doughnut", data: { labels: data.labels.map((label) => cut(label, 32)), datasets }, options };
    }
    if (data.shape === "scatter") {
      options.interaction = { mode: "nearest", intersect: true };
      options.plugins.tooltip.callbacks = {
        label: (item) => ` ${item.dataset.label}: ${tick(data.series[item.datasetIndex].xUnit)(item.parsed.x)}, `
          + tick(data.series[item.datasetIndex].unit)(item.parsed.y),
      };
      datasets.forEach((set, index) => {
        set.data = data.series[index].values.map(([x, y]) => ({ x, y }));
        set.borderWidth = 1;
      });
      options.scales = {
        x: axis(data.x, data.series[0].xUnit, { type: "linear", beginAtZero: false }),
        y: axis(title(0), units[0], { beginAtZero: false }),
      };
      if (isLogarithmic) {
        const all = data.series.flatMap((series) => series.values);
        Object.assign(options.scales.x, logarithmic(data.series[0].xUnit, 10000));
        Object.assign(options.scales.y, logarithmic(units[0], range(all.map(([, y]) => y))));
      }
      if (data.connected) {
        datasets.forEach((set, index) => {
          set.showLine = true;
          set.borderWidth = 2;
          set.borderDash = dashes[Math.floor(index / 3) % dashes.length];
        });
      }
      if (units.length > 1) options.scales.y2 = axis(title(1), units[1], { position: "right", grid: { drawOnChartArea: false } });
      return { type: "scatter", data: { datasets }, options };
    }
    options.scales = {
      [labels]: {
        title: { display: Boolean(data.x) && !lies, text: data.x }, grid: { display: false },
        ticks: { autoSkip: !lies, maxRotation: 45, callback: (_, index) => cut(data.labels[index], lies ? 28 : 14) },
      },
      [values]: axis(title(0), units[0], lies ? { position: "bottom" } : { position: "left" }),
    };
    if (units.length > 1) {
      options.scales[`${values}2`] = axis(title(1), units[1], {
        position: lies ? "top" : "right", grid: { drawOnChartArea: false },
      });
    }
    if (isLogarithmic) {
      const all = data.series.flatMap((series) => series.values).concat(data.base || []);
      Object.assign(options.scales[values], logarithmic(units[0], range(all)));
    }
    if (data.base) options.scales[values].grid = { lineWidth: (context) => (context.tick.value === data.base ? 2 : 1) };
    const many = data.labels.length > 60;
    datasets.forEach((set, index) => {
      if (data.shape === "dots") {
        set.showLine = false;
        set.pointRadius = 5;
        set.pointHoverRadius = 7;
        return;
      }
      if (data.shape !== "line") {
        if (data.base) set.base = data.base;
        set.borderWidth = 0;
        set.maxBarThickness = 34;
        return;
      }
      set.tension = 0;
      set.spanGaps = false;
      set.pointRadius = many ? 0 : 3;
      set.borderDash = dashes[Math.floor(index / 3) % dashes.length];
    });
    return { type: data.shape === "line" || data.shape === "dots" ? "line" : "bar", data: { labels: data.labels, datasets }, options };
  }

  // What depends on light or dark.
  function colour(chart) {
    paint(chart.data.datasets, chart.config.type);
    const style = getComputedStyle(root);
    const get = (name) => style.getPropertyValue(name).trim();
    chart.options.color = get("--text");
    Object.values(chart.options.scales || {}).forEach((scale) => {
      scale.ticks.color = get("--soft");
      scale.title.color = get("--soft");
      scale.grid.color = get("--grid");
    });
    chart.update("none");
  }

  function paint(datasets, type) {
    const style = getComputedStyle(root);
    const colours = palette(style);
    const pie = type === "doughnut";
    datasets.forEach((set, index) => {
      // One colour an element: what elements share, Chart.js keeps from the first drawing.
      const each = set.data.map((_, place) => colours[(pie ? place : index) % 12]);
      set.backgroundColor = each;
      if (type === "line") {
        set.borderColor = colours[index % 12];
        set.pointBackgroundColor = each;
        set.pointBorderColor = each;
      } else {
        set.borderColor = pie ? style.getPropertyValue("--card").trim() : each;
      }
    });
  }

  function draw() {
    if (!window.Chart) return;
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.size = 13;
    document.querySelectorAll("figure.chart").forEach((figure) => {
      const data = JSON.parse(figure.querySelector("script").textContent);
      const settings = configuration(data);
      paint(settings.data.datasets, settings.type);
      charts.push(new Chart(figure.querySelector("canvas"), settings));
    });
  }

  button.hidden = false;
  button.addEventListener("click", () => {
    chosen = theme() === "dark" ? "light" : "dark";
    try { reading.set(chosen); } catch { /* As above. */ }
    showTheme();
  });
  prefersDark.addEventListener("change", showTheme);

  // On a narrow screen the contents would push everything else away.
  if (window.matchMedia("(max-width: 62rem)").matches) document.querySelector("nav details").open = false;

  // Paper is light and cannot be clicked.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open]):not(.screen)")];
    closed.forEach((details) => { details.open = true; });
    root.dataset.theme = "light";
    charts.forEach((chart) => chart.resize());
    charts.forEach(colour);
  });
  window.addEventListener("afterprint", () => {
    closed.forEach((details) => { details.open = false; });
    charts.forEach((chart) => chart.resize());
    showTheme();
  });

  root.dataset.theme = theme();
  draw();
  showTheme();
})();
