"""The tables of the file, and how those of an older release become these.

Every table has the columns ``id``, ``version`` and ``document`` (the whole item as JSON), and
what its queries compare.
"""

VERSION = 1  # of the tables, kept as the file's user_version

TABLES = """
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
"""

# The first release had no version, and one column for each member of claims and events.
ASIDE = """
ALTER TABLE pets RENAME TO old_pets;
ALTER TABLE idempotency RENAME TO old_claims;
ALTER TABLE events RENAME TO old_events;
DROP INDEX idempotency_claimed;
DROP INDEX events_due;
DROP INDEX events_changed;
"""
TAKE_OVER = """
INSERT INTO pets
    SELECT id, version, pet, species_key, name_key, tag_keys, status,
        json_extract(pet, '$.owner_id')
    FROM old_pets;
INSERT INTO claims
    SELECT id, lower(hex(randomblob(8))), json_object(
        'id', id, 'fingerprint', fingerprint, 'pet_id', pet_id, 'version', version
    ), claimed_at
    FROM old_claims;
INSERT INTO events
    SELECT id, version, json_object(
        'id', id, 'type', type, 'pet_id', pet_id, 'owner_email', owner_email,
        'occurred_at', occurred_at, 'state', state, 'since', since, 'due_at', due_at
    ), due_at, changed_at
    FROM old_events;
DROP TABLE old_pets;
DROP TABLE old_claims;
DROP TABLE old_events;
"""
