-- Sealed messages between members, on their way. Who opened a thread to whom is known here and told to nobody.
CREATE TABLE case_threads (
  thread BLOB NOT NULL PRIMARY KEY,
  opener BLOB NOT NULL,
  other BLOB NOT NULL,
  record BLOB,
  used_at INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX case_threads_by_use ON case_threads (used_at);

-- sealed goes with the acknowledgement; the rest stays, after the message would have expired, for as long as a thread does: sending it again delivers it once, and its sender hears that it was delivered.
CREATE TABLE case_messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash BLOB NOT NULL,
  sender BLOB NOT NULL,
  recipient BLOB NOT NULL,
  thread BLOB NOT NULL,
  record BLOB,
  size INTEGER NOT NULL,
  sealed BLOB,
  expires_at INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX case_messages_by_hash ON case_messages (sender, hash);
CREATE INDEX case_messages_waiting ON case_messages (recipient, id) WHERE sealed IS NOT NULL;
CREATE INDEX case_messages_sent ON case_messages (sender, size) WHERE sealed IS NOT NULL;
CREATE INDEX case_messages_by_expiry ON case_messages (expires_at);

CREATE TABLE case_chunks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash BLOB NOT NULL,
  sender BLOB NOT NULL,
  recipient BLOB NOT NULL,
  size INTEGER NOT NULL,
  chunk BLOB,
  expires_at INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX case_chunks_by_hash ON case_chunks (recipient, hash, sender);
CREATE INDEX case_chunks_sent ON case_chunks (sender, size) WHERE chunk IS NOT NULL;
CREATE INDEX case_chunks_by_expiry ON case_chunks (expires_at);
