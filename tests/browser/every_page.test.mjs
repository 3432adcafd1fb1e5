// Every page that can be reached by following links, on data that would hurt it if it could: texts stay texts, nothing is asked of
// other hosts, and axe-core finds nothing, in light, in dark and on a telephone.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { ALL, CORPUS, SOUND, hurt } from "./hostile.mjs";
import { Service, isContent, launch, look, person, setPasswordAndSignIn } from "./support.mjs";

let service, browser;

const SURVEY = {
  name: CORPUS[1],
  instructions: ALL,
  screens: [{ name: CORPUS[0], title: CORPUS[2] }, { name: "second" }],
  definition: {
    question_groups: [
      { id: 1, name: CORPUS[2], details: ALL, modifiers: {}, questions: [
        { id: 10, text: ALL, details: CORPUS[3], options: [{ id: 100, text: CORPUS[5] }, { id: 101, text: CORPUS[2] }] },
        { id: CORPUS[4], text: CORPUS[7], details: "", options: [] },
      ] },
    ],
  },
};

before(async () => {
  service = await Service.start();
  browser = await launch();
  await writeFile(path.join(service.folder, "survey.json"), JSON.stringify(SURVEY));
  await service.command("survey", "import", "survey.json");
  await service.command("company", "add", "--name", CORPUS[2], "--guest-code", CORPUS[6]);
  const agent = { "User-Agent": "Mozilla <script>window.hurt = 20</script>" };
  const data = (text) => ({
    guestCodeResponse: { guestCode: CORPUS[6] }, [CORPUS[3]]: text, responses: [{ questionId: 10, optionId: 101 }], 10: 100, free: [text, { [CORPUS[5]]: text }],
  });
  for (const [number, text] of CORPUS.entries()) {
    const email = `o'hara+{{7*7}}\${x}&${number}@example.com`;
    const save = (screen, more) => service.call("POST", "/api/progress", { email, survey_id: 1, current_screen: screen, data: { ...data(text), ...more }, meta: { note: text }, fingerprint: text.slice(0, 200) }, agent);
    await save(0, { gone: text, gone_too: [text] });
    await save(1, {});
    if (number % 3 === 0) {
      await service.call("POST", "/api/submissions", { email, survey_id: 1, guest_code: CORPUS[6], participant: { email, name: text }, answers: [{ questionId: 10, answer: text }, { questionId: text, answer: [text] }] }, agent);
    }
  }
});

after(async () => {
  await browser?.close();
  await service?.stop();
});

/** The address without what tells one thing of a kind from another. */
function kind(url) {
  const { pathname, searchParams } = new URL(url);
  const place = pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "{id}").replace(/\/\d+/g, "/{n}");
  return `${place}?${[...searchParams.keys()].sort().join("&")}`;
}

/** Pages with filters that cannot be: no link leads there. */
const REFUSED = ["audit?from=x", "drafts?screen=x", "surveys?status=x", "companies?is_active=x", "submissions?from=x", "person?email=x", "accounts?role=x"];

/** What fields name as their description, and is not there. */
function nameless() {
  const names = [...document.querySelectorAll("[aria-describedby]")].flatMap((field) => field.getAttribute("aria-describedby").split(" "));
  return names.filter((name) => !document.getElementById(name));
}

test("every page takes texts for texts, and is open to everybody who reads it", { timeout: 900_000 }, async () => {
  const page = await person(browser, service);
  const link = await service.addAccount("ana@example.com");
  await setPasswordAndSignIn(page, link, "ana@example.com");
  const seen = new Set();
  const ahead = ["/admin", "/admin/nothing-here", "/admin/account", ...REFUSED.map((place) => `/admin/${place}`)];
  while (ahead.length > 0) {
    const address = new URL(ahead.shift(), service.url).href;
    if (seen.has(kind(address))) continue;
    seen.add(kind(address));
    const answer = await page.goto(address);
    assert.ok(answer.status() < 500, `${address}: ${answer.status()}`);
    assert.deepEqual(await page.evaluate(hurt), SOUND, address);
    assert.deepEqual(await page.evaluate(nameless), [], address);
    await look(page, `every${kind(address).replace(/[^a-z]+/g, "-")}`);
    const links = await page.locator("main a[href], nav a[href]").evaluateAll((all) => all.map((link) => link.href));
    ahead.push(...links.filter((href) => new URL(href).pathname.startsWith("/admin")));
  }
  console.log(`${seen.size} kinds of pages:\n${[...seen].sort().join("\n")}`);
  isContent(page);
});

test("where a template forgot to escape, the content policy would have stopped it", async () => {
  const page = await person(browser, service);
  const errors = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await page.route("**/admin/sign-in", async (route) => {
    const answer = await route.fetch();
    // No policy keeps a page from being led elsewhere, which runs nothing of the text as ours.
    const texts = CORPUS.filter((text) => !text.includes("http-equiv=refresh"));
    const body = (await answer.text()).replace("</h1>", () => `${texts.join(" ")}</h1>`);
    await route.fulfill({ response: answer, body });
  });
  await page.goto("/admin/sign-in");
  const { ran, scripts } = await page.evaluate(hurt);
  assert.ok(scripts > 0, "the texts did become markup here");
  assert.equal(ran, null, "and none of it ran");
  assert.ok(errors.some((error) => error.includes("Content Security Policy")), errors.join("\n"));
  assert.ok(!page.complaints.some((complaint) => complaint.startsWith("a dialog")), page.complaints.join("\n"));
  const styled = await page.evaluate(() => getComputedStyle(document.body).display);
  assert.notEqual(styled, "none");
});
