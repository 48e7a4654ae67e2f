"""The tables of the file, as the steps that made them: each release adds its own.

A file's ``user_version`` is the number of steps that it has seen. Every table has the columns
``id``, ``version`` and ``document`` (the whole item as JSON), and what its queries compare.
"""

# The first release: no version, and one column for each member of claims and events.
_FIRST_TABLES = """
CREATE TABLE IF NOT EXISTS pets (
    id TEXT PRIMARY KEY, version TEXT NOT NULL, pet TEXT NOT NULL, species_key TEXT NOT NULL,
    status TEXT NOT NULL, name_key TEXT NOT NULL, tag_keys TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS idempotency (
    id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, pet_id TEXT NOT NULL, version TEXT,
    claimed_at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY, type TEXT NOT NULL, pet_id TEXT NOT NULL, owner_email TEXT NOT NULL,
    occurred_at TEXT NOT NULL, state TEXT NOT NULL, since TEXT NOT NULL, due_at TEXT,
    version TEXT NOT NULL, changed_at REAL NOT NULL
) WITHOUT ROWID;
DROP INDEX IF EXISTS idempotency_claimed;
DROP INDEX IF EXISTS events_due;
DROP INDEX IF EXISTS events_changed;
"""

_DOCUMENTS = """
ALTER TABLE pets RENAME TO old_pets;
ALTER TABLE events RENAME TO old_events;
CREATE TABLE pets (
    id TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    document TEXT NOT NULL,
    species_key TEXT NOT NULL,
    name_key TEXT NOT NULL,
    tag_keys TEXT NOT NULL,     -- a JSON array
    status TEXT NOT NULL,
    owner_id TEXT
) WITHOUT ROWID;
CREATE TABLE claims (
    id TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    document TEXT NOT NULL,
    changed_at REAL NOT NULL    -- seconds since 1970
) WITHOUT ROWID;
CREATE INDEX claims_changed ON claims (changed_at);
CREATE TABLE events (
    id TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    document TEXT NOT NULL,
    due_at TEXT,
    changed_at REAL NOT NULL    -- seconds since 1970
) WITHOUT ROWID;
CREATE INDEX events_due ON events (due_at);
CREATE INDEX events_changed ON events (changed_at);

INSERT INTO pets
    SELECT id, version, pet, species_key, name_key, tag_keys, status,
        CASE WHEN json_valid(pet) THEN json_extract(pet, '$.owner_id') END
    FROM old_pets;
INSERT INTO claims
    SELECT id, lower(hex(randomblob(8))), json_object(
        'id', id, 'fingerprint', fingerprint, 'pet_id', pet_id, 'version', version
    ), claimed_at
    FROM idempotency;
INSERT INTO events
    SELECT id, version, json_object(
        'id', id, 'type', type, 'pet_id', pet_id, 'owner_email', owner_email,
        'occurred_at', occurred_at, 'state', state, 'since', since, 'due_at', due_at
    ), due_at, changed_at
    FROM old_events;
DROP TABLE old_pets;
DROP TABLE idempotency;
DROP TABLE old_events;
"""

# Each index holds all that filters compare, so that only the pets of the page are read.
_FILTERS = """
CREATE INDEX pets_by_owner ON pets (owner_id, id, species_key, status, name_key);
CREATE INDEX pets_by_name ON pets (name_key, id, species_key, status, owner_id);
CREATE INDEX pets_by_species ON pets (species_key, id, status, name_key, owner_id);
CREATE INDEX pets_by_status ON pets (status, id, species_key, name_key, owner_id);
CREATE TABLE pet_tags (
    tag_key TEXT NOT NULL,
    pet_id TEXT NOT NULL,
    PRIMARY KEY (tag_key, pet_id)
) WITHOUT ROWID;
CREATE TRIGGER tags_of_a_new_pet AFTER INSERT ON pets BEGIN
    INSERT OR IGNORE INTO pet_tags SELECT value, NEW.id FROM json_each(NEW.tag_keys);
END;
CREATE TRIGGER tags_of_a_changed_pet AFTER UPDATE OF tag_keys ON pets
WHEN OLD.tag_keys <> NEW.tag_keys BEGIN
    DELETE FROM pet_tags
        WHERE pet_id = OLD.id AND tag_key IN (SELECT value FROM json_each(OLD.tag_keys));
    INSERT OR IGNORE INTO pet_tags SELECT value, NEW.id FROM json_each(NEW.tag_keys);
END;
CREATE TRIGGER tags_of_a_removed_pet AFTER DELETE ON pets BEGIN
    DELETE FROM pet_tags
        WHERE pet_id = OLD.id AND tag_key IN (SELECT value FROM json_each(OLD.tag_keys));
END;
INSERT OR IGNORE INTO pet_tags
    SELECT value, pets.id
    FROM pets, json_each(CASE WHEN json_valid(pets.tag_keys) THEN pets.tag_keys ELSE '[]' END);
"""

# Orders are inside the documents of pets; a list of what somebody ordered asks for the buyer.
_ORDERS = """
ALTER TABLE pets ADD COLUMN buyer_id TEXT;
UPDATE pets SET buyer_id = json_extract(document, '$.order.buyer')
    WHERE json_valid(document) AND json_extract(document, '$.order.buyer') IS NOT NULL;
CREATE INDEX pets_by_buyer ON pets (buyer_id, id, species_key, status, name_key, owner_id);
"""

_QUOTAS = """
CREATE TABLE quotas (
    id TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    document TEXT NOT NULL,
    changed_at REAL NOT NULL    -- seconds since 1970
) WITHOUT ROWID;
CREATE INDEX quotas_changed ON quotas (changed_at);
"""

STEPS = (_FIRST_TABLES + _DOCUMENTS, _FILTERS, _ORDERS, _QUOTAS)
