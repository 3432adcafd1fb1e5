// What the browser's tests stand on: the service in a folder of its own, a Chromium, and eyes for what is wrong with a page.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const run = promisify(execFile);

const BINARY = path.resolve(process.env.FORMPROGRESS ?? "../../target/debug/formprogress");
const AXE = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");

/** Where pictures of the pages go; nowhere unless it is said. */
const SCREENSHOTS = process.env.SCREENSHOTS;

export const PASSWORD = "correct horse battery";

/** A service on an empty SQLite database, on a port of its own. */
export class Service {
  static async start(...args) {
    const service = new Service();
    service.folder = await mkdtemp(path.join(tmpdir(), "formprogress-"));
    service.environment = { PATH: process.env.PATH, ROCKET_PORT: "0" };
    service.process = spawn(BINARY, ["serve", ...args], {
      cwd: service.folder, env: service.environment, stdio: ["ignore", "pipe", "ignore"],
    });
    service.ended = new Promise((resolve) => service.process.once("exit", resolve));
    for await (const line of createInterface({ input: service.process.stdout })) {
      const listening = /listening\s+(\S+)/.exec(line);
      if (listening) {
        service.url = listening[1];
        break;
      }
    }
    assert.ok(service.url, "the service says where it listens");
    service.process.stdout.resume();
    return service;
  }

  async stop() {
    this.process.kill("SIGTERM");
    await this.ended;
    await rm(this.folder, { recursive: true });
  }

  /** Runs a command of the service, as an operator would; what it prints. */
  async command(...args) {
    const { stdout } = await run(BINARY, args, { cwd: this.folder, env: { ...this.environment, FORMPROGRESS_PUBLIC_URL: this.url } });
    return stdout;
  }

  /** Adds an account; the path of the link with which its person sets a password. */
  async addAccount(email, ...options) {
    const printed = await this.command("admin", "add", email, ...options);
    const link = /\/admin\/set-password\/\S+/.exec(printed);
    assert.ok(link, `a link stands in: ${printed}`);
    return link[0];
  }

  /** Does what a participant's front end does. */
  async call(method, route, body, headers = {}) {
    const answer = await fetch(this.url + route, {
      method, headers: { "Content-Type": "application/json", ...headers }, body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${route}: ${answer.status} ${text}`);
    return text && JSON.parse(text);
  }
}

/** How Chromium is started: it asks nobody for anything. */
export const LAUNCH = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
};

/** A Chromium for all tests of a file. */
export function launch() {
  return chromium.launch(LAUNCH);
}

/** A person at a browser window of their own. What the browser complains of, and every request to elsewhere, is kept in `complaints`. */
export async function person(browser, service, options = {}) {
  const context = await browser.newContext({ baseURL: service.url, viewport: { width: 1280, height: 860 }, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.complaints = [];
  page.on("console", (message) => {
    // That a page is refused is said by its status too, and some tests ask for that.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) page.complaints.push(message.text());
  });
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("dialog", (dialog) => {
    page.complaints.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(service.url) && !url.startsWith("blob:")) page.complaints.push(`asked ${url}`);
  });
  return page;
}

/** Sets the password behind a link, and signs in with it. */
export async function setPasswordAndSignIn(page, link, email) {
  await page.goto(link);
  await page.getByLabel("New password").fill(PASSWORD);
  await page.getByLabel("The same again").fill(PASSWORD);
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByRole("link", { name: "To the sign-in" }).click();
  await signIn(page, email);
}

export async function signIn(page, email) {
  await page.goto("/admin/sign-in");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

/** Nothing is wrong with the page for anybody, as far as a program can tell. */
export async function isAccessible(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(" | ")}`);
  assert.deepEqual(told, [], `axe-core on ${page.url()}`);
}

/** No part of the page hangs over the edge of the window. */
export async function fitsItsWindow(page) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= window, `${page.url()} is ${content} pixels wide in a window of ${window}`);
}

/** The page in light, in dark and on a telephone: sound in all of them, and perhaps on a picture. */
export async function look(page, name) {
  const size = page.viewportSize();
  for (const [variant, scheme, viewport] of [
    ["light", "light", size],
    ["dark", "dark", size],
    ["phone", "light", { width: 360, height: 740 }],
  ]) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize(viewport);
    await fitsItsWindow(page);
    await isAccessible(page);
    if (SCREENSHOTS) {
      await page.screenshot({ path: path.join(SCREENSHOTS, `${name}-${variant}.png`), fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(size);
}

/** What the browser had to complain of: nothing. */
export function isContent(page) {
  assert.deepEqual(page.complaints, []);
}
