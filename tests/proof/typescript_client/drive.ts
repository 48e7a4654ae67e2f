// Drives openapi-fetch, with the types that openapi-typescript makes of the document, through a
// running server. usage: node drive.js URL, with the tokens of two users in ADA and BOB.

import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Pet = components["schemas"]["Pet"];
type Problem = components["schemas"]["Problem"];
type Answer<T> = { data?: T; error?: unknown; response: Response };

const baseUrl = process.argv[2];
assert(baseUrl);
const client = (token?: string) =>
  createClient<paths>({ baseUrl, headers: token ? { Authorization: `Bearer ${token}` } : {} });
const [anybody, ada, bob] = [client(), client(process.env.ADA), client(process.env.BOB)];

function ok<T>(status: number, answer: Answer<T>): T {
  assert.equal(answer.response.status, status, JSON.stringify(answer.error));
  assert(answer.data !== undefined);
  return answer.data;
}

function refused(status: number, word: string, problem: Problem | undefined): Problem {
  assert.deepEqual([problem?.status, problem?.error], [status, word]);
  assert(problem);
  return problem;
}

const tagOf = (response: Response): string =>
  response.headers.get("etag") ?? assert.fail("no ETag");

async function create(): Promise<Pet> {
  const body = { name: "Zoë", species: "cat", tags: ["soft"], owner_email: "ada@example.com" };
  const header = { "Idempotency-Key": crypto.randomUUID() };
  const pet = ok(201, await ada.POST("/pets", { params: { header }, body }));
  assert.deepEqual(ok(201, await ada.POST("/pets", { params: { header }, body })), pet);
  // What has a value of its own can be left out.
  const plain: Pet = ok(201, await ada.POST("/pets", { body: { name: "Bo", species: "dog" } }));
  assert.deepEqual([plain.tags, plain.breed, plain.status], [[], null, "available"]);

  const invalid = await ada.POST("/pets", { body: { name: "", species: "cat" } });
  assert.equal(refused(422, "Invalid pet", invalid.error).errors?.[0]?.pointer, "/name");
  refused(401, "Unauthorized", (await anybody.POST("/pets", { body })).error);
  return pet;
}

async function read(pet: Pet): Promise<void> {
  const params = { path: { pet_id: pet.id } };
  const mine = await ada.GET("/pets/{pet_id}", { params });
  assert.deepEqual(ok(200, mine), pet);
  // The public view has no such member: its type says so.
  const address: string | null | undefined = ok(
    200, await anybody.GET("/pets/{pet_id}", { params })
  ).owner_email;
  assert.equal(address, undefined);
  const header = { "If-None-Match": tagOf(mine.response) };
  const same = await ada.GET("/pets/{pet_id}", { params: { ...params, header } });
  assert.equal(same.response.status, 304);

  const query = { limit: 1, sort: "created_at", species: "CAT" } as const;
  const first = ok(200, await anybody.GET("/pets", { params: { query } }));
  assert.deepEqual([first.data[0]?.id, first.has_more], [pet.id, false]);
  const page = ok(200, await anybody.GET("/pets", { params: { query: { limit: 1 } } }));
  assert(page.next_cursor);
  const next = { limit: 1, cursor: page.next_cursor };
  const rest = ok(200, await anybody.GET("/pets", { params: { query: next } }));
  assert.equal(rest.data[0]?.id, pet.id);
  const none = await anybody.GET("/pets", { params: { query: { limit: 0 } } });
  refused(400, "Invalid parameter", none.error);
}

async function change(pet: Pet): Promise<void> {
  const params = { path: { pet_id: pet.id } };
  const { response } = await ada.GET("/pets/{pet_id}", { params });
  const conditional = { ...params, header: { "If-Match": tagOf(response) } };
  const body = { breed: "tabby" };
  const patched = ok(200, await ada.PATCH("/pets/{pet_id}", { params: conditional, body }));
  // What a patch leaves out stays.
  assert.deepEqual([patched.breed, patched.tags], ["tabby", ["soft"]]);
  assert.equal(patched.owner_email, "ada@example.com");
  const again = await ada.PATCH("/pets/{pet_id}", { params: conditional, body });
  refused(412, "Precondition failed", again.error);
  refused(403, "Forbidden", (await bob.PATCH("/pets/{pet_id}", { params, body })).error);
  const whole = { name: "Zoë", species: "cat" };
  assert.deepEqual(ok(200, await ada.PUT("/pets/{pet_id}", { params, body: whole })).tags, []);
}

async function order(pet: Pet): Promise<void> {
  const params = { path: { pet_id: pet.id } };
  ok(201, await bob.PUT("/pets/{pet_id}/order", { params }));
  const placed = ok(200, await bob.PUT("/pets/{pet_id}/order", { params, body: {} }));
  assert.deepEqual([placed.buyer, placed.status], ["bob", "placed"]);
  refused(409, "Pet not available", (await ada.PUT("/pets/{pet_id}/order", { params })).error);
  const approved = { status: "approved" } as const;
  ok(200, await ada.PATCH("/pets/{pet_id}/order", { params, body: approved }));
  const mine = ok(200, await bob.GET("/me/orders", {}));
  assert.deepEqual([mine.data[0]?.pet_id, mine.data[0]?.status], [pet.id, "approved"]);
  const counts = ok(200, await anybody.GET("/inventory", {}));
  assert.deepEqual(counts, { available: 1, pending: 1, sold: 0 });
  refused(409, "Pet has an order", (await ada.DELETE("/pets/{pet_id}", { params })).error);
  const cancelled = await bob.DELETE("/pets/{pet_id}/order", { params });
  assert.equal(cancelled.response.status, 204);
  assert.equal((await ada.DELETE("/pets/{pet_id}", { params })).response.status, 204);
  refused(404, "Pet not found", (await ada.DELETE("/pets/{pet_id}", { params })).error);
}

async function misuse(pet: Pet): Promise<void> {
  const params = { path: { pet_id: pet.id } };
  // The compiler refuses each of these.
  // @ts-expect-error a path that is not there
  await anybody.GET("/cats", {});
  // @ts-expect-error a member that is missing
  await anybody.POST("/pets", { body: { name: "Bo" } });
  // @ts-expect-error a value that is not in the list
  await anybody.PATCH("/pets/{pet_id}/order", { params, body: { status: "lost" } });
}

assert.equal(ok(200, await anybody.GET("/health/ready", {})).status, "pass");
const pet = await create();
await read(pet);
await change(pet);
await order(pet);
await misuse(pet);
console.log("done");
