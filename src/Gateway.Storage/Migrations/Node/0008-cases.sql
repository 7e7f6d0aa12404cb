-- Cases: threads with contributors of records, with who asked about one's own, and referrals. What was written stands sealed by the node; chunks of attachments are ciphertext of their own key, which stands in the message.

-- change: rises with every change of any case, so that a reader goes on where it ended.
CREATE TABLE cases (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  thread BLOB NOT NULL,
  role INTEGER NOT NULL,
  record BLOB NOT NULL,
  closing INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  last_counter INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  change INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX cases_by_thread ON cases (thread);
CREATE UNIQUE INDEX cases_by_change ON cases (change);

-- outgoing: what the broker has not taken yet.
CREATE TABLE case_messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  case_id INTEGER NOT NULL,
  own INTEGER NOT NULL,
  counter INTEGER NOT NULL,
  state INTEGER NOT NULL,
  hash BLOB NOT NULL,
  sealed BLOB NOT NULL,
  outgoing BLOB,
  refusal BLOB,
  at INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
CREATE INDEX case_messages_by_case ON case_messages (case_id, state);
CREATE INDEX case_messages_by_state ON case_messages (state, id);

CREATE TABLE case_chunks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message INTEGER NOT NULL,
  attachment INTEGER NOT NULL,
  position INTEGER NOT NULL,
  own INTEGER NOT NULL,
  hash BLOB NOT NULL,
  chunk BLOB,
  done INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX case_chunks_by_place ON case_chunks (message, attachment, position);
CREATE INDEX case_chunks_open ON case_chunks (own, id) WHERE done = 0;

-- Hashes of all messages that ever came: one that comes again is none, also after its case was deleted.
CREATE TABLE case_seen (
  hash BLOB NOT NULL PRIMARY KEY,
  row_hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;
