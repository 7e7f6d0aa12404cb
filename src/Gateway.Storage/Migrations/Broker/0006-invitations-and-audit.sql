-- An invitation is for exactly one statement, which an executed admission approved.
DROP TABLE invitations;
CREATE TABLE invitations (
  token_hash BLOB NOT NULL PRIMARY KEY,
  change INTEGER NOT NULL UNIQUE,
  member BLOB NOT NULL,
  name TEXT NOT NULL,
  role INTEGER NOT NULL,
  statement BLOB NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER,
  row_hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The audit chain (AuditChain.cs): hash covers the row and the hash before it. Rows are appended and never changed.
CREATE TABLE audit (
  number INTEGER PRIMARY KEY CHECK (number > 0),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  outcome TEXT NOT NULL,
  count INTEGER NOT NULL CHECK (count > 0),
  hash BLOB NOT NULL UNIQUE,
  row_hash BLOB NOT NULL
) STRICT;
