-- What members have acknowledged: the newest of each.
CREATE TABLE life_acknowledgements (
  member BLOB PRIMARY KEY NOT NULL,
  size INTEGER NOT NULL,
  request BLOB NOT NULL,
  at INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- When the log had which size and day, noted when records have ended: how old an end is.
CREATE TABLE life_milestones (
  size INTEGER PRIMARY KEY,
  day INTEGER NOT NULL,
  at INTEGER NOT NULL,
  row_hash BLOB NOT NULL
) STRICT;

-- Digests of one circle at one size that differ.
CREATE TABLE life_findings (
  circle BLOB NOT NULL,
  size INTEGER NOT NULL,
  found_at INTEGER NOT NULL,
  finding BLOB NOT NULL,
  row_hash BLOB NOT NULL,
  PRIMARY KEY (circle, size)
) STRICT, WITHOUT ROWID;
CREATE INDEX life_findings_by_time ON life_findings (found_at);

CREATE INDEX life_withdrawn ON records (circle, withdrawn_at) WHERE withdrawn_at IS NOT NULL;

-- Records that members have reported as misbound.
CREATE TABLE life_misbinds (
  record BLOB NOT NULL,
  member BLOB NOT NULL,
  check_number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  row_hash BLOB NOT NULL,
  PRIMARY KEY (record, member)
) STRICT, WITHOUT ROWID;
