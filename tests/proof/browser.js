// usage: node browser.js CHROMIUM BASE_URL BARE_URL SCREENSHOT TOKEN
// Opens the page at BASE_URL/api/docs as a first visitor does, on a store without pets: reads what
// Try it out would send, tries POST without a token and with one, then GET of the pet that the page
// proposes; then on a small screen, and at BARE_URL, a server without Swagger UI and without a CDN.
// Prints what the page showed as JSON.
"use strict";

const { chromium } = require("playwright-core");

const [, , executablePath, base, bare, screenshot, token] = process.argv;
// Where `make start` serves by default, for the screenshot; the browser connects to BASE_URL.
const SHOWN = "http://localhost:7071";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  `--host-resolver-rules=MAP ${new URL(SHOWN).host} ${new URL(base).host}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
];

function watch(page, own) {
  const seen = { errors: [], foreign: [] };
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") seen.errors.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(own) && !request.url().startsWith("data:")) {
      seen.foreign.push(request.url());
    }
  });
  return seen;
}

async function open(page, origin) {
  await page.goto(`${origin}/api/docs`);
  await page.locator("#operations-pets-create_pet").waitFor();
}

async function authorize(page) {
  await page.locator(".btn.authorize").first().click();
  const hint = await page.locator(".auth-container").innerText();
  await page.locator(".auth-container input").fill(token);
  await page.locator(".auth-btn-wrapper .authorize").click();
  await page.locator(".auth-btn-wrapper .btn-done").click();
  return hint;
}

async function expand(page, operation) {
  const block = page.locator(`#operations-pets-${operation}`);
  if (!(await block.locator("button.execute").isVisible())) {
    await block.locator(".opblock-summary-control").first().click();
    await block.locator("button.execute").waitFor();
    await block.locator("tr[data-param-name]").first().waitFor();
  }
  return block;
}

// What Try it out would send if the visitor changed nothing.
async function proposed(page, operation) {
  const block = await expand(page, operation);
  return block
    .locator("tr[data-param-name]")
    .evaluateAll((rows) =>
      Object.fromEntries(
        rows.map((row) => [row.dataset.paramName, row.querySelector("input, select")?.value ?? null])
      )
    );
}

// The page draws all that is open again at each change.
async function collapse(page, operation) {
  const block = page.locator(`#operations-pets-${operation}`);
  await block.locator(".opblock-summary-control").first().click();
  await block.locator("button.execute").waitFor({ state: "detached" });
}

async function execute(page, operation) {
  const block = await expand(page, operation);
  const clear = block.locator("button.btn-clear");
  if (await clear.isVisible()) await clear.click();
  await block.locator("button.execute").click();
  const live = block.locator(".live-responses-table .response").first();
  await live.waitFor();
  return {
    status: (await live.locator(".response-col_status").innerText()).trim(),
    body: await live.locator(".highlight-code code").first().innerText(),
  };
}

async function onASmallScreen(browser) {
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  await open(page, base);
  // All at once: the page draws all that is open again after each row.
  const rows = page.locator(".opblock-summary-control");
  await rows.evaluateAll((all) => all.forEach((row) => row.click()));
  await page.locator("#operations-service-openapi_document .responses-table").waitFor();
  const server = page.locator(".servers select");
  const found = await page.evaluate(() => ({
    width: document.documentElement.scrollWidth,
    rows: document.querySelectorAll(".opblock").length,
    open: document.querySelectorAll(".opblock.is-open").length,
    outside: [...document.querySelectorAll("#swagger-ui *")]
      .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
      .map((one) => `${one.tagName}.${one.className}`),
  }));
  found.server = (await server.locator("option").allInnerTexts()).join();
  found.serverIsWhole = await server.evaluate((one) => one.scrollWidth <= one.clientWidth);
  await page.close();
  return found;
}

async function withoutSwaggerUi(browser) {
  const page = await browser.newPage();
  await page.goto(`${bare}/api/docs`);
  await page.locator("#missing").waitFor();
  const text = await page.locator("body").innerText();
  await page.getByRole("link", { name: "openapi.json" }).click();
  await page.waitForURL("**/api/openapi.json");
  await page.close();
  return text;
}

async function main() {
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 1180 } });
    const seen = watch(page, SHOWN);
    await open(page, SHOWN);
    const title = await page.locator(".info .title").innerText();
    const rows = await page.locator(".opblock-summary-method").allInnerTexts();
    const text = await page.locator("body").innerText();
    await page.screenshot({ path: screenshot });
    const empty = {};
    for (const operation of ["create_pet", "get_pet", "replace_pet", "patch_pet", "delete_pet"]) {
      empty[operation] = await proposed(page, operation);
      await collapse(page, operation);
    }
    const refused = await execute(page, "create_pet");
    const hint = await authorize(page);
    const created = [await execute(page, "create_pet"), await execute(page, "create_pet")];
    await open(page, SHOWN);
    const filled = await proposed(page, "get_pet");
    const got = await execute(page, "get_pet");
    const small = await onASmallScreen(browser);
    const missing = await withoutSwaggerUi(browser);
    console.log(
      JSON.stringify({
        ...{ title, rows, text, empty, filled, hint, refused, created, got, small, missing },
        ...seen,
      })
    );
  } finally {
    await browser.close();
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
