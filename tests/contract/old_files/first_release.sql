-- What the first release (commit ee6e4f7) wrote, not what a test thinks that it wrote.
-- How it was made: `git archive ee6e4f7`, its server started with JWT_SECRET and PETSTORE_SQLITE_PATH,
-- and over HTTP: three users create five pets, one with an Idempotency-Key and an address; one pet
-- is patched, one deleted. After Ctrl-C the file was printed with sqlite3's iterdump.
BEGIN TRANSACTION;
CREATE TABLE events (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    pet_id TEXT NOT NULL,
    owner_email TEXT NOT NULL,
    occurred_at TEXT NOT NULL,
    state TEXT NOT NULL,
    since TEXT NOT NULL,
    due_at TEXT,
    version TEXT NOT NULL,
    changed_at REAL NOT NULL    -- seconds since 1970
) WITHOUT ROWID;
INSERT INTO "events" VALUES('184e85be-a06f-538e-82b5-8917bfe763cf','pet_created','01a2215a-61f3-7000-ac92-629c7e376244','ada@example.com','2026-11-28T08:51:41.188Z','new','2026-11-28T08:51:41.188Z','2026-11-28T08:51:41.188Z','f95a7aec01e219b3',1.79585590118902206418e+09);
CREATE TABLE idempotency (
    id TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    pet_id TEXT NOT NULL,
    version TEXT,
    claimed_at REAL NOT NULL    -- seconds since 1970
) WITHOUT ROWID;
INSERT INTO "idempotency" VALUES('7f6e62617dd56b0ef7bd9bfef41b652f8cde37b2037b270ba5fd96acf853cdc7','bcfad6e5d211ab8700ec684051559358f0cbb55905e7e64518a614f56551ba32','01a2215a-61f3-7000-ac92-629c7e376244','cbb2ddfe229046fe',1.79585590118380832675e+09);
CREATE TABLE pets (
    id TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    pet TEXT NOT NULL,          -- the whole pet as JSON
    species_key TEXT NOT NULL,
    status TEXT NOT NULL,
    name_key TEXT NOT NULL,
    tag_keys TEXT NOT NULL      -- a JSON array
) WITHOUT ROWID;
INSERT INTO "pets" VALUES('01a2215a-61f3-7000-ac92-629c7e376244','cbb2ddfe229046fe','{"id":"01a2215a-61f3-7000-ac92-629c7e376244","name":"Zoë","species":"Cat","breed":"tabby","description":"two\nlines","birth_date":"2024-02-29","tags":["Soft","OLD"],"photo_urls":["https://example.com/a.jpg"],"status":"available","created_at":"2026-11-28T08:51:41.171Z","updated_at":"2026-11-28T08:51:41.171Z","owner_email":"ada@example.com","owner_id":"ada"}','cat','available','zoë','["soft", "old"]');
INSERT INTO "pets" VALUES('01a2215a-6212-7000-b883-8a50e1b2a525','08f645a7f62b5143','{"id":"01a2215a-6212-7000-b883-8a50e1b2a525","name":"Bo","species":"dog","breed":null,"description":"changed","birth_date":null,"tags":[],"photo_urls":[],"status":"sold","created_at":"2026-11-28T08:51:41.202Z","updated_at":"2026-11-28T08:51:41.220Z","owner_email":null,"owner_id":"bob"}','dog','sold','bo','[]');
INSERT INTO "pets" VALUES('01a2215a-6233-7000-91d1-a2204e6c169a','c7a1808be426b3eb','{"id":"01a2215a-6233-7000-91d1-a2204e6c169a","name":"Rex","species":"dog","breed":null,"description":null,"birth_date":null,"tags":[],"photo_urls":[],"status":"pending","created_at":"2026-11-28T08:51:41.235Z","updated_at":"2026-11-28T08:51:41.235Z","owner_email":null,"owner_id":"ada"}','dog','pending','rex','[]');
INSERT INTO "pets" VALUES('01a2215a-6242-7000-a6ee-d263570b9599','c85314d350396857','{"id":"01a2215a-6242-7000-a6ee-d263570b9599","name":"Kim","species":"bird","breed":null,"description":null,"birth_date":null,"tags":[],"photo_urls":[],"status":"available","created_at":"2026-11-28T08:51:41.250Z","updated_at":"2026-11-28T08:51:41.250Z","owner_email":null,"owner_id":"eve"}','bird','available','kim','[]');
CREATE INDEX idempotency_claimed ON idempotency (claimed_at);
CREATE INDEX events_due ON events (due_at);
CREATE INDEX events_changed ON events (changed_at);
COMMIT;
