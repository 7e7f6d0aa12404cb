-- Each other member's newest cosigned checkpoint that agrees with this node's tree.
CREATE TABLE cosignatures (
  member BLOB NOT NULL PRIMARY KEY,
  size INTEGER NOT NULL,
  note BLOB NOT NULL,
  row_hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: how many leaves are accepted. It never goes back.
CREATE TABLE acceptance (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  size INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;

-- Checkpoints of others that are larger than this node's tree: compared when it is that large.
CREATE TABLE sightings (
  id INTEGER PRIMARY KEY,
  size INTEGER NOT NULL,
  source TEXT NOT NULL,
  note BLOB NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
CREATE INDEX sightings_by_size ON sightings (size);

-- Proofs that the log key signed two histories. Rows are never deleted.
CREATE TABLE fork_evidence (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  source TEXT NOT NULL,
  evidence BLOB NOT NULL,
  settled_at INTEGER,
  settled_by TEXT NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
