-- What operators decide. That author and approver are two is kept here, whatever program writes: kinds are the field numbers of Change; 2 is the suspension, which one operator carries out.
-- state: 1 open, 2 executed, 3 rejected. A proposal that nobody decided in time stays open here and is past its end.
CREATE TABLE changes (
  number INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  change BLOB NOT NULL,
  author TEXT NOT NULL CHECK (author <> ''),
  proposed_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL CHECK (expires_at > proposed_at),
  state INTEGER NOT NULL CHECK (state IN (1, 2, 3)),
  decided_by TEXT CHECK (decided_by <> ''),
  decided_at INTEGER,
  log_index INTEGER,
  row_hash BLOB NOT NULL,
  CHECK ((state = 1) = (decided_by IS NULL)),
  CHECK ((state = 1) = (decided_at IS NULL)),
  CHECK (state <> 2 OR kind = 2 OR lower(trim(decided_by)) <> lower(trim(author))),
  CHECK (state <> 2 OR decided_at < expires_at),
  CHECK (log_index IS NULL OR state = 2)
) STRICT;
CREATE INDEX changes_by_state ON changes (state);

-- Sponsors' signatures of the statement of an admission.
CREATE TABLE sponsors (
  change INTEGER NOT NULL,
  member BLOB NOT NULL,
  signature BLOB NOT NULL,
  row_hash BLOB NOT NULL,
  PRIMARY KEY (change, member)
) STRICT, WITHOUT ROWID;

-- Operators by name. A name is given once: removed ones stay.
CREATE TABLE operators (
  name TEXT NOT NULL PRIMARY KEY CHECK (name = lower(trim(name)) AND name <> ''),
  admitted_at INTEGER NOT NULL,
  removed_at INTEGER CHECK (removed_at >= admitted_at),
  row_hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;
