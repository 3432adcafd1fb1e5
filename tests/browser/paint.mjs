// For bench/pages.py: opens pages again and again, and tells when the first byte was there and when the page was painted.

import { chromium } from "playwright-core";

import { LAUNCH } from "./support.mjs";

const { base, session, pages, loads } = JSON.parse(process.argv[2]);
const browser = await chromium.launch(LAUNCH);
const context = await browser.newContext({ baseURL: base, viewport: { width: 1280, height: 860 } });
await context.addCookies([{ name: "formprogress_session", value: session, url: base }]);
const page = await context.newPage();
const middle = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const measured = [];
for (const [name, path] of pages) {
  const [bytes, paints] = [[], []];
  // Once for nothing: a browser that has never been here fetches the stylesheet and the script too.
  for (let load = 0; load <= loads; load += 1) {
    const answer = await page.goto(path, { waitUntil: "load" });
    if (answer.status() !== 200) throw new Error(`${path}: ${answer.status()}`);
    const [byte, paint] = await page.evaluate(async () => {
      const painted = () => performance.getEntriesByName("first-contentful-paint")[0];
      while (!painted()) await new Promise((resolve) => { requestAnimationFrame(resolve); });
      return [performance.getEntriesByType("navigation")[0].responseStart, painted().startTime];
    });
    if (load > 0) {
      bytes.push(byte);
      paints.push(paint);
    }
  }
  measured.push([name, middle(bytes), middle(paints), Math.max(...paints)]);
}
await browser.close();
console.log(JSON.stringify(measured));
