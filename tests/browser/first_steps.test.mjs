// From nothing to a first company, as somebody new would go.

import { after, before, test } from "node:test";

import { PASSWORD, Service, isContent, launch, look, person, signIn } from "./support.mjs";

let service, browser;

before(async () => {
  service = await Service.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await service?.stop();
});

test("the first page says what to do, and doing it leads in", async () => {
  const page = await person(browser, service);
  await page.goto("/admin/companies");
  await page.getByRole("heading", { name: "Welcome" }).waitFor();
  await look(page, "first-run");

  const link = await service.addAccount("ana@example.com");
  await page.getByRole("link", { name: "I have done that" }).click();
  await page.getByRole("heading", { name: "Set your password" }).waitFor();
  await page.goto(link);
  await look(page, "set-password");
  await page.getByLabel("New password").fill(PASSWORD);
  await page.getByLabel("The same again").fill("something else entirely");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByText("must be the same both times").waitFor();
  await page.getByLabel("New password").fill(PASSWORD);
  await page.getByLabel("The same again").fill(PASSWORD);
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByRole("link", { name: "To the sign-in" }).click();
  await look(page, "sign-in");

  await signIn(page, "ana@example.com");
  await page.goto("/admin/companies");
  await page.getByText("There is no company yet").waitFor();
  await look(page, "companies-empty");
  isContent(page);
});
