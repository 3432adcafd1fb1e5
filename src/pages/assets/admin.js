// What makes the pages a little better than they are without it. Nothing here is needed.
"use strict";

// Times in the reader's own zone; the exact one stays on hover.
const inWords = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
for (const time of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(time.dateTime);
  if (!Number.isNaN(moment.getTime())) {
    time.textContent = inWords.format(moment);
  }
}

// A text that is read out or passed on can be copied at a click: <span data-copy>…</span>.
if (navigator.clipboard) {
  for (const text of document.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${text.dataset.copy || "it"}`);
    button.addEventListener("click", async () => {
      const writing = navigator.clipboard.writeText(text.textContent.trim());
      button.textContent = await writing.then(() => "Copied", () => "Could not copy");
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    text.after(" ", button);
  }
}

// On a telephone the menu is a row wider than the window.
document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// A form is sent once, however often its button is pressed; after some seconds again, as the browser may have been stopped.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    setTimeout(() => { delete form.dataset.sent; }, 5000);
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
  }
});

// A download of many rows says how far it is, and can be cancelled: <a href="…" data-export="name of the file">. Without this, or once
// it has failed, the link is a plain download.
const count = new Intl.NumberFormat(undefined);

function size(bytes) {
  const units = ["bytes", "KiB", "MiB", "GiB"];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? bytes : bytes.toFixed(1)} ${units[unit]}`;
}

// Counts the rows of CSV or NDJSON as their bytes come: line breaks that stand in no quoted cell. The first line of CSV is its header.
function rowCounter(isCsv) {
  let rows = isCsv ? -1 : 0;
  let isQuoted = false;
  return (bytes) => {
    for (const byte of bytes) {
      if (isCsv && byte === 0x22) {
        isQuoted = !isQuoted;
      } else if (byte === 0x0a && !isQuoted) {
        rows += 1;
      }
    }
    return Math.max(rows, 0);
  };
}

// Reads all of an answer. What has come is handed to the browser from time to time, which need not keep it in memory.
async function collected(response, isCsv, tell) {
  const counted = rowCounter(isCsv);
  const reader = response.body.getReader();
  let [parts, loose, bytes, rows] = [[], 0, 0, 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return { blob: new Blob(parts, { type: response.headers.get("Content-Type") ?? "" }), rows, bytes };
    }
    parts.push(value);
    bytes += value.length;
    loose += value.length;
    if (loose > 4 * 1024 * 1024) {
      [parts, loose] = [[new Blob(parts)], 0];
    }
    rows = counted(value);
    tell(rows, bytes);
  }
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// Why an answer is none, in the words of the service.
async function refusal(response) {
  const problem = await response.json().catch(() => null);
  return problem?.detail ?? `The service answered ${response.status}.`;
}

async function exported(link, status) {
  const cancelling = new AbortController();
  const cancel = document.createElement("button");
  cancel.type = "button";
  cancel.textContent = "Cancel";
  cancel.setAttribute("aria-label", `Cancel the download of ${link.dataset.export}`);
  cancel.addEventListener("click", () => cancelling.abort());
  link.after(" ", cancel);
  let told = performance.now();
  status.textContent = `${link.dataset.export}: the download begins.`;
  const tell = (rows, bytes) => {
    if (performance.now() - told >= 1000) {
      told = performance.now();
      status.textContent = `${link.dataset.export}: ${count.format(rows)} rows, ${size(bytes)} so far.`;
    }
  };
  try {
    const response = await fetch(link.href, { signal: cancelling.signal, cache: "no-store" });
    if (!response.ok) {
      throw new Error(await refusal(response));
    }
    const { blob, rows, bytes } = await collected(response, link.dataset.export.endsWith(".csv"), tell);
    save(blob, link.dataset.export);
    status.textContent = `${link.dataset.export} is complete: ${count.format(rows)} rows, ${size(bytes)}.`;
  } catch (error) {
    if (cancelling.signal.aborted) {
      status.textContent = `${link.dataset.export}: cancelled, nothing was saved.`;
    } else {
      const why = error instanceof TypeError ? "The connection broke." : error.message;
      status.textContent = `${link.dataset.export} failed: ${why} Nothing was saved. The link now downloads without progress.`;
      delete link.dataset.export;
    }
  } finally {
    if (document.activeElement === cancel) {
      link.focus();
    }
    cancel.remove();
  }
}

const running = new Set();
for (const link of document.querySelectorAll("a[data-export]")) {
  const group = link.closest(".exports") ?? link.parentElement;
  let status = group.querySelector(":scope > [role=status]");
  if (!status) {
    // It has to be there before it says anything, or nobody is read what it says.
    status = document.createElement("span");
    status.setAttribute("role", "status");
    status.className = "progress";
    group.append(status);
  }
  link.addEventListener("click", async (event) => {
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!isPlain || !link.dataset.export || !window.ReadableStream) {
      return;
    }
    event.preventDefault();
    if (!running.has(link)) {
      running.add(link);
      await exported(link, status);
      running.delete(link);
    }
  });
}
