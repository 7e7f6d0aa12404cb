-- Several processes of one member's node on this store. Nothing here outlives them for long.

-- Which of them does the work that one alone may do, and until when by the database's clock. The term grows with every change of hands.
CREATE TABLE replica_lease (
  slot BIGINT PRIMARY KEY,
  holder BYTEA NOT NULL,
  term BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

-- How many changes there were of what each of them holds in memory. A change is written only by who has taken all before it: compare and swap on this row.
CREATE TABLE replica_head (
  slot BIGINT PRIMARY KEY,
  seq BIGINT NOT NULL
);

-- The changes that not all of them have taken yet.
CREATE TABLE replica_news (
  seq BIGINT PRIMARY KEY,
  change BYTEA NOT NULL
);

-- The processes, how far each has come in the changes, and when it was seen and, if it follows the broker's log, when it last heard the broker.
CREATE TABLE replicas (
  id BYTEA PRIMARY KEY,
  name TEXT NOT NULL,
  taken BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  heard_at BIGINT NOT NULL
);

-- Identifiers that one of them is having evaluated.
CREATE TABLE replica_claims (
  version BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  holder BYTEA NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (version, hash)
);

-- Whose store it is: a keyed digest that only processes with the member's keys can make.
CREATE TABLE replica_owner (
  slot BIGINT PRIMARY KEY,
  mark BYTEA NOT NULL
);
