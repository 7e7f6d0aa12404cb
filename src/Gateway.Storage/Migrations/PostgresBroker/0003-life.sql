-- What members have acknowledged: the newest of each.
CREATE TABLE life_acknowledgements (
  member BYTEA PRIMARY KEY NOT NULL,
  size BIGINT NOT NULL,
  request BYTEA NOT NULL,
  at BIGINT NOT NULL,
  row_hash BYTEA NOT NULL
);

-- When the log had which size and day, noted when records have ended: how old an end is.
CREATE TABLE life_milestones (
  size BIGINT PRIMARY KEY,
  day BIGINT NOT NULL,
  at BIGINT NOT NULL,
  row_hash BYTEA NOT NULL
);

-- Digests of one circle at one size that differ.
CREATE TABLE life_findings (
  circle BYTEA NOT NULL,
  size BIGINT NOT NULL,
  found_at BIGINT NOT NULL,
  finding BYTEA NOT NULL,
  row_hash BYTEA NOT NULL,
  PRIMARY KEY (circle, size)
);
CREATE INDEX life_findings_by_time ON life_findings (found_at);

CREATE INDEX life_withdrawn ON records (circle, withdrawn_at) WHERE withdrawn_at IS NOT NULL;

-- Records that members have reported as misbound.
CREATE TABLE life_misbinds (
  record BYTEA NOT NULL,
  member BYTEA NOT NULL,
  check_number BIGINT NOT NULL,
  at BIGINT NOT NULL,
  row_hash BYTEA NOT NULL,
  PRIMARY KEY (record, member)
);
