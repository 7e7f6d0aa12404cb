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
