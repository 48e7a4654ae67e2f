// usage: node browser.js CHROMIUM BASE_URL SCREENSHOT TOKEN
// Opens the page at /api/docs, tries out POST without a token, authorizes, tries POST and then GET of
// the new pet, and prints what the page showed as JSON.
"use strict";

const { chromium } = require("playwright-core");

const [, , executablePath, base, screenshot, token] = process.argv;
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

async function authorize(page) {
  await page.locator(".btn.authorize").first().click();
  await page.locator(".auth-container input").fill(token);
  await page.locator(".auth-btn-wrapper .authorize").click();
  await page.locator(".auth-btn-wrapper .btn-done").click();
}

async function execute(page, operation, fill) {
  const block = page.locator(`#operations-pets-${operation}`);
  if (!(await block.locator("button.execute").isVisible())) {
    await block.locator(".opblock-summary-control").first().click();
  }
  await fill(block);
  await block.locator("button.execute").click();
  const live = block.locator(".live-responses-table .response").first();
  await live.waitFor();
  return {
    status: (await live.locator(".response-col_status").innerText()).trim(),
    body: await live.locator(".highlight-code code").first().innerText(),
    headers: await live.locator(".headerline, pre.microlight").last().innerText(),
  };
}

async function main() {
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 1600 } });
    const errors = [];
    const foreign = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(base) && !request.url().startsWith("data:")) {
        foreign.push(request.url());
      }
    });
    await page.goto(`${base}/api/docs`);
    await page.locator("#operations-pets-create_pet").waitFor();
    const title = await page.locator(".info .title").innerText();
    const operations = await page.locator(".opblock").count();
    await page.screenshot({ path: screenshot });
    const fillPet = async (block) => {
      await block.locator("tr[data-param-name='Idempotency-Key'] input").fill("");
      await block.locator("textarea").fill('{"name": "Ada in the browser", "species": "cat"}');
    };
    const refused = await execute(page, "create_pet", fillPet);
    await authorize(page);
    const block = page.locator("#operations-pets-create_pet");
    await block.locator("button.btn-clear").click();
    const created = await execute(page, "create_pet", fillPet);
    const id = JSON.parse(created.body).id;
    const got = await execute(page, "get_pet", async (block) => {
      await block.locator("tr[data-param-name='pet_id'] input").fill(id);
      await block.locator("tr[data-param-name='If-Match'] input").fill("");
      await block.locator("tr[data-param-name='If-None-Match'] input").fill("");
    });
    console.log(JSON.stringify({ title, operations, refused, created, got, errors, foreign }));
  } finally {
    await browser.close();
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
