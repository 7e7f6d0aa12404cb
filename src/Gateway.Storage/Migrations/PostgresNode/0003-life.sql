-- Records that have ended. Hidden at once (state, has_item = 0, no hits); item and tags are deleted when the end is beyond doubt, and the row with them.
CREATE TABLE life_endings (
  number BIGINT PRIMARY KEY,
  ended_idx BIGINT NOT NULL,
  row_hash BYTEA NOT NULL
);
CREATE INDEX life_endings_by_index ON life_endings (ended_idx);

-- Serves the live digest: the ids of a circle in their order, without touching the records.
CREATE INDEX life_live_ids ON records (circle, id, idx) WHERE state IN (1, 4, 5);
-- Quarantined records and those whose withdrawal is awaited expire too.
CREATE INDEX life_expiring ON records (expiry) WHERE state IN (4, 5);

-- Which record took the place of one that was withdrawn.
CREATE TABLE life_replacements (
  record BYTEA PRIMARY KEY NOT NULL,
  replacement BYTEA NOT NULL,
  row_hash BYTEA NOT NULL
);

-- Rectifications of the member's own under way: once the new contribution stands in the log, the old record is withdrawn naming it.
CREATE TABLE life_rectifications (
  record BYTEA PRIMARY KEY NOT NULL,
  outbox BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  row_hash BYTEA NOT NULL
);
CREATE INDEX life_rectifications_by_outbox ON life_rectifications (outbox);

-- Epochs whose keys this node has given up.
CREATE TABLE life_retired_epochs (
  circle BYTEA NOT NULL,
  epoch BIGINT NOT NULL,
  row_hash BYTEA NOT NULL,
  PRIMARY KEY (circle, epoch)
);

-- Records that failed a check at their opening and were reported to the broker.
CREATE TABLE life_misbind_reports (
  number BIGINT PRIMARY KEY,
  row_hash BYTEA NOT NULL
);
