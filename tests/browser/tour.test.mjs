// What a survey admin does on a day, from the import of a survey to the erasure of a participant; once with the pages' script, once
// without any JavaScript at all.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { Service, isContent, launch, look, person, setPasswordAndSignIn, signIn } from "./support.mjs";

const OWNER = "ana@example.com";
const SURVEY = await readFile(new URL("../../demo/survey.json", import.meta.url), "utf8");

let browser;

before(async () => {
  browser = await launch();
});

after(() => browser?.close());

for (const javaScriptEnabled of [true, false]) {
  test(`a day of a survey admin, ${javaScriptEnabled ? "with" : "without"} JavaScript`, { timeout: 300_000 }, async (t) => {
    const service = await Service.start();
    t.after(() => service.stop());
    const page = await person(browser, service, { javaScriptEnabled, acceptDownloads: true });
    const visit = async (name) => page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name, exact: true }).click();
    const heading = (name) => page.getByRole("heading", { name, level: 1 }).waitFor();
    const says = (text) => page.getByRole("main").getByText(text).first().waitFor();

    // What no link leads to is looked at here; all other pages are in every_page.test.mjs.
    const seen = async (name) => javaScriptEnabled && look(page, `tour-${name}`);
    const step = async (name, take) => {
      try {
        await take();
      } catch (error) {
        error.message = `${name}, at ${page.url()}: ${error.message}`;
        throw error;
      }
    };

    await step("first run and sign-in", async () => {
      await page.goto("/admin");
      await heading("Welcome");
      await setPasswordAndSignIn(page, await service.addAccount(OWNER), OWNER);
      await heading("Overview");
      await says("no survey yet");
    });

    await step("a survey is imported, once it is mended", async () => {
      await visit("Surveys");
      await page.getByRole("link", { name: "Import a survey" }).first().click();
      const broken = path.join(service.folder, "broken.json");
      await writeFile(broken, SURVEY.replace('"progress_days": 30', '"progress_days": "soon"'));
      await page.getByLabel("Survey file", { exact: true }).setInputFiles(broken);
      await page.getByRole("button", { name: "Import the survey" }).click();
      await says("one thing is wrong");
      await page.getByText("/progress_days").first().waitFor();
      await seen("faults");
      const text = page.getByLabel("Or the JSON itself");
      await text.fill((await text.inputValue()).replace('"soon"', "30"));
      await page.getByRole("button", { name: "Import the survey" }).click();
      await heading("How do you get to work?");
    });

    await step("companies are added", async () => {
      for (const [name, code] of [["ACME", "ACME-1"], ["Bolt", "BOLT-1"]]) {
        await visit("Companies");
        await page.getByRole("link", { name: "Add a company" }).first().click();
        await page.getByLabel("Name").fill(name);
        await page.getByLabel("Guest code").fill(code);
        await page.getByRole("button", { name: "Add the company" }).click();
        await says(`${name} was added.`);
      }
    });

    const save = (email, screen, responses, code = "ACME-1") => service.call("POST", "/api/progress", {
      email, survey_id: 1, current_screen: screen,
      data: { guestCodeResponse: { guestCode: code }, responses: responses.map(([questionId, optionId]) => ({ questionId, optionId })) },
    });
    let reference, draft;

    await step("a participant's draft is followed from its start", async () => {
      await save("cleo@example.com", 1, [[10, 102], [11, 111]]);
      await visit("Drafts");
      await page.getByLabel("Find").fill("cleo@example.com");
      await page.getByRole("button", { name: "Search" }).click();
      await page.getByRole("cell", { name: "cleo@example.com" }).waitFor();
      const link = page.getByRole("rowheader").getByRole("link");
      reference = await link.textContent();
      await link.click();
      await says("By bus or train");
      await says("2 of 4: Your days");
      draft = page.url();

      await save("cleo@example.com", 2, [[10, 102], [11, 111], [20, 201]]);
      await page.reload();
      await says("One or two");
      await visit("Drafts");
      await page.getByLabel("Find").fill(reference.toLowerCase().replaceAll("-", " "));
      await page.getByRole("button", { name: "Search" }).click();
      await page.getByRole("cell", { name: "cleo@example.com" }).waitFor();
    });

    await step("it is given a longer life", async () => {
      await page.goto(draft);
      await page.getByRole("link", { name: "Extend" }).click();
      await page.getByLabel("Days").fill("90");
      await page.getByRole("button", { name: "Extend the draft" }).click();
      await page.getByRole("status").first().waitFor();
      await says("in 90 days");
    });

    await step("an earlier state is compared and restored, unless the participant was faster", async () => {
      await save("cleo@example.com", 2, [[10, 102]]);
      await page.reload();
      await page.getByRole("link", { name: "Version 2" }).click();
      await says("One or two");
      await page.getByRole("link", { name: "Restore this state" }).click();
      await save("cleo@example.com", 2, [[10, 103]]);
      await page.locator("form.confirm button").click();
      await says("moved on");
      await seen("moved-on");
      await page.goto(draft);
      await page.getByRole("link", { name: "Version 2" }).click();
      await page.getByRole("link", { name: "Restore this state" }).click();
      await page.locator("form.confirm button").click();
      await says("One or two");
      assert.equal(page.url(), draft);
    });

    await step("what a changed form would do is shown before it is saved", async () => {
      await visit("Surveys");
      await page.getByRole("link", { name: "How do you get to work?" }).click();
      await page.getByRole("link", { name: "Replace from a file" }).click();
      const changed = path.join(service.folder, "changed.json");
      await writeFile(changed, SURVEY.replace('"Last words"}', '"Last words"}, {"name": "One more"}').replace("How long does it take?", "How many minutes?"));
      await page.getByLabel("Survey file", { exact: true }).setInputFiles(changed);
      await page.getByRole("button", { name: "Show what this would change" }).click();
      await says("Nothing is saved yet");
      await says("All 1 draft of the survey were looked at");
      await seen("preview");
      await page.getByRole("button", { name: "Replace survey 1" }).click();
      await says("One more");
    });

    await step("another draft is discarded, after a question", async () => {
      await save("dan@example.com", 0, [], "BOLT-1");
      await visit("Drafts");
      await page.getByLabel("Find").fill("dan@example.com");
      await page.getByRole("button", { name: "Search" }).click();
      await page.getByRole("rowheader").getByRole("link").click();
      await page.getByRole("link", { name: "Discard" }).click();
      await page.locator("form.confirm button").click();
      await page.getByRole("status").first().waitFor();
      await visit("Drafts");
      assert.equal(await page.getByText("dan@example.com").count(), 0);
    });

    await step("the participant submits, and the draft's page says so", async () => {
      await service.call("POST", "/api/response", {
        invitation_code: "ACME-1", survey_id: 1, participant: { email: "cleo@example.com", name: "=1+1" }, answers: [102, 111, 201, 301, 400],
      });
      const answer = await page.goto(draft);
      assert.equal(answer.status(), 410);
      await seen("ended");
      await page.goto("/admin/submissions");
      await page.getByRole("link", { name: "cleo@example.com" }).click();
      await says("By bus or train");
    });

    await step("the funnel counts all of it, also by company", async () => {
      await page.goto("/admin/surveys/1");
      const figure = (name) => page.locator("dl.figures div", { has: page.locator("dt", { hasText: new RegExp(`^${name}$`) }) }).locator("dd");
      assert.match(await figure("Started").textContent(), /^\s*2\s*$/);
      assert.match(await figure("Submitted").textContent(), /^\s*1\b/);
      assert.match(await figure("Discarded").textContent(), /^\s*1\s*$/);
      await page.getByLabel("Company", { exact: true }).selectOption({ label: "Bolt" });
      await page.getByRole("button", { name: "Show" }).click();
      assert.match(await figure("Started").textContent(), /^\s*1\s*$/);
      assert.match(page.url(), /company_id=2/);
    });

    await step("submissions are exported", async () => {
      await visit("Submissions");
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download CSV" }).click()]);
      const text = await readFile(await download.path(), "utf8");
      assert.match(text.split("\r\n")[0], /email/);
      assert.match(text, /cleo@example\.com/);
      if (javaScriptEnabled) await page.getByRole("status").filter({ hasText: "is complete: 5 rows" }).waitFor();
    });

    await step("an account limited to one company sees no other", async () => {
      await save("eva@example.com", 1, [[10, 100]]);
      await save("finn@example.com", 1, [[10, 101]], "BOLT-1");
      await visit("Accounts");
      await page.getByRole("link", { name: "Add an account" }).first().click();
      await page.getByLabel("Email").fill("ben@example.com");
      await page.getByRole("radio", { name: /editor/i }).check();
      await page.getByRole("radio", { name: /only/i }).check();
      await page.getByRole("checkbox", { name: "Bolt" }).check();
      await page.getByRole("button", { name: "Add the account" }).click();
      await seen("account-made");
      const link = new URL((await page.locator(".secret").textContent()).trim());
      const bens = await person(browser, service, { javaScriptEnabled });
      await setPasswordAndSignIn(bens, link.pathname, "ben@example.com");
      await bens.goto("/admin/drafts");
      await bens.getByText("finn@example.com").waitFor();
      assert.equal(await bens.getByText("eva@example.com").count(), 0);
      await bens.goto("/admin/companies");
      await bens.getByRole("link", { name: "Bolt" }).waitFor();
      assert.equal(await bens.getByRole("link", { name: "ACME" }).count(), 0);
      const others = await bens.goto("/admin/companies/1");
      assert.equal(others.status(), 404);
      for (const closed of ["/admin/person", "/admin/accounts", "/admin/keys", "/admin/audit", "/admin/system", "/admin/surveys/new"]) {
        assert.equal((await bens.goto(closed)).status(), 403, closed);
      }
      isContent(bens);
      await bens.context().close();
    });

    await step("a person is shown what is held, and erased once the email is typed", async () => {
      await visit("A person");
      await page.getByLabel("Email of a participant").fill("cleo@example.com");
      await page.getByRole("button", { name: "Show what is held" }).click();
      await says("Submission in");
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download all of it" }).click()]);
      assert.equal(JSON.parse(await readFile(await download.path(), "utf8")).submissions.length, 1);
      await page.getByRole("link", { name: "Erase all of it" }).click();
      await page.getByRole("main").getByRole("textbox").fill("dora@example.com");
      await page.locator("form.confirm button").click();
      await page.locator(".wrong").first().waitFor();
      await seen("erase-refused");
      await page.getByRole("main").getByRole("textbox").fill("Cleo@example.com ");
      await page.locator("form.confirm button").click();
      await page.getByRole("status").first().waitFor();
      await page.goto("/admin/person?email=cleo%40example.com");
      await says("Nothing is held");
      await page.goto("/admin/audit?action=person.erase");
      await page.locator("td, th").getByText("erased all that was held about a person").first().waitFor();
    });

    await step("the first API key closes the door, and its page says so before", async () => {
      await service.call("GET", "/api/progress?email=eva%40example.com&survey_id=1");
      await visit("API keys");
      await page.getByRole("link", { name: /site key/i }).first().click();
      await page.getByLabel("Name").fill("The survey page");
      await page.getByRole("button", { name: "Make the key and close the public routes" }).click();
      await page.locator(".secret").first().waitFor();
      await seen("key-made");
      await assert.rejects(service.call("GET", "/api/progress?email=eva%40example.com&survey_id=1"), /UNAUTHORIZED/);
    });

    await step("signing out everywhere ends the session in the other window too", async () => {
      const other = await person(browser, service, { javaScriptEnabled });
      await signIn(other, OWNER);
      await page.goto("/admin/account");
      await page.getByRole("button", { name: "Sign out everywhere" }).click();
      await heading("Sign in");
      await other.goto("/admin/drafts");
      await other.getByRole("heading", { name: "Sign in" }).waitFor();
      await other.context().close();
    });
    isContent(page);
  });
}
