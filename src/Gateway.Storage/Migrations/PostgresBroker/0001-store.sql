-- The tables of the SQLite store, columns in the same order. In every table row_hash stands last and covers the columns before it, in this order (RowHash.cs).
-- Texts are compared byte by byte, as there.

-- One row: how many leaves the log has. Who extends the log moves it from the size it saw, or learns that another was quicker.
CREATE TABLE tree_head (
  slot BIGINT PRIMARY KEY CHECK (slot = 1),
  size BIGINT NOT NULL
);

CREATE TABLE leaves (
  idx BIGINT PRIMARY KEY,
  kind BIGINT NOT NULL,
  state BIGINT NOT NULL,
  leaf_data BYTEA NOT NULL,
  salt BYTEA NOT NULL,
  entry BYTEA NOT NULL,
  circle BYTEA,
  epoch BIGINT NOT NULL,
  row_hash BYTEA NOT NULL
);
-- Narrow: serves the start of the program (leaves of the network's state) and the count of leaves.
CREATE INDEX leaves_by_state ON leaves (state);

CREATE TABLE checkpoints (
  size BIGINT PRIMARY KEY,
  note BYTEA NOT NULL,
  row_hash BYTEA NOT NULL
);

-- position = level * 2^60 + index
CREATE TABLE tiles (
  position BIGINT PRIMARY KEY,
  hashes BYTEA NOT NULL,
  row_hash BYTEA NOT NULL
);

CREATE TABLE records (
  idx BIGINT PRIMARY KEY,
  id BYTEA NOT NULL,
  circle BYTEA NOT NULL,
  epoch BIGINT NOT NULL,
  record_key BYTEA NOT NULL,
  expiry BIGINT NOT NULL,
  contributor BYTEA NOT NULL,
  issuance_salt BYTEA NOT NULL,
  member_signature BYTEA NOT NULL,
  receipt_size BIGINT NOT NULL,
  withdrawn_at BIGINT,
  has_item BIGINT NOT NULL,
  row_hash BYTEA NOT NULL
);
CREATE UNIQUE INDEX records_by_id ON records (id);
CREATE UNIQUE INDEX records_by_key ON records (record_key);
CREATE INDEX records_by_expiry ON records (expiry) WHERE has_item = 1;
CREATE INDEX records_not_withdrawn ON records (circle, expiry) WHERE withdrawn_at IS NULL;

-- Apart from records, so that scans of records stay narrow.
CREATE TABLE items (
  idx BIGINT PRIMARY KEY,
  item BYTEA NOT NULL,
  row_hash BYTEA NOT NULL
);

CREATE TABLE proposals (
  circle BYTEA NOT NULL,
  epoch BIGINT NOT NULL,
  request BYTEA NOT NULL,
  row_hash BYTEA NOT NULL,
  PRIMARY KEY (circle, epoch)
);

CREATE TABLE route_keys (
  circle BYTEA NOT NULL,
  epoch BIGINT NOT NULL,
  route_key BYTEA NOT NULL,
  row_hash BYTEA NOT NULL,
  PRIMARY KEY (circle, epoch)
);

CREATE TABLE quota_usage (
  member BYTEA NOT NULL,
  quota TEXT COLLATE "C" NOT NULL,
  day BIGINT NOT NULL,
  used BIGINT NOT NULL,
  row_hash BYTEA NOT NULL,
  PRIMARY KEY (member, quota, day)
);
CREATE INDEX quota_usage_by_day ON quota_usage (day);

-- What operators decide. That author and approver are two is kept here, whatever program writes: kinds are the field numbers of Change; 2 is the suspension, which one operator carries out.
-- state: 1 open, 2 executed, 3 rejected. A proposal that nobody decided in time stays open here and is past its end.
CREATE TABLE changes (
  number BIGINT PRIMARY KEY,
  kind BIGINT NOT NULL,
  change BYTEA NOT NULL,
  author TEXT COLLATE "C" NOT NULL CHECK (author <> ''),
  proposed_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL CHECK (expires_at > proposed_at),
  state BIGINT NOT NULL CHECK (state IN (1, 2, 3)),
  decided_by TEXT COLLATE "C" CHECK (decided_by <> ''),
  decided_at BIGINT,
  log_index BIGINT,
  row_hash BYTEA NOT NULL,
  CHECK ((state = 1) = (decided_by IS NULL)),
  CHECK ((state = 1) = (decided_at IS NULL)),
  CHECK (state <> 2 OR kind = 2 OR lower(trim(decided_by)) <> lower(trim(author))),
  CHECK (state <> 2 OR decided_at < expires_at),
  CHECK (log_index IS NULL OR state = 2)
);
CREATE INDEX changes_by_state ON changes (state);

-- Sponsors' signatures of the statement of an admission.
CREATE TABLE sponsors (
  change BIGINT NOT NULL,
  member BYTEA NOT NULL,
  signature BYTEA NOT NULL,
  row_hash BYTEA NOT NULL,
  PRIMARY KEY (change, member)
);

-- Operators by name. A name is given once: removed ones stay.
CREATE TABLE operators (
  name TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (name = lower(trim(name)) AND name <> ''),
  admitted_at BIGINT NOT NULL,
  removed_at BIGINT CHECK (removed_at >= admitted_at),
  row_hash BYTEA NOT NULL
);

-- Certificates that were issued; those that have ended go when their holder gets another.
CREATE TABLE issued_certificates (
  serial BYTEA NOT NULL PRIMARY KEY,
  name TEXT COLLATE "C" NOT NULL,
  key_hash BYTEA NOT NULL,
  authority BYTEA NOT NULL,
  issued_at BIGINT NOT NULL,
  not_after BIGINT NOT NULL,
  row_hash BYTEA NOT NULL
);
CREATE INDEX issued_certificates_by_name ON issued_certificates (name, issued_at);

CREATE TABLE denied_certificates (
  key_hash BYTEA NOT NULL PRIMARY KEY,
  name TEXT COLLATE "C" NOT NULL,
  operator TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  denied_at BIGINT NOT NULL,
  until BIGINT NOT NULL,
  row_hash BYTEA NOT NULL
);

-- A number is given to one list only, and never again after a higher one: two brokers on one store cannot sign two lists of one number.
CREATE TABLE deny_lists (
  number BIGINT PRIMARY KEY,
  body BYTEA NOT NULL,
  signature BYTEA NOT NULL,
  row_hash BYTEA NOT NULL
);
CREATE FUNCTION deny_lists_only_rise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.number <= (SELECT COALESCE(MAX(number), 0) FROM deny_lists) THEN
    RAISE EXCEPTION 'a deny list with this number or a higher one is there';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER deny_lists_only_rise BEFORE INSERT ON deny_lists FOR EACH ROW EXECUTE FUNCTION deny_lists_only_rise();

CREATE TABLE evaluators (
  name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  address TEXT COLLATE "C" NOT NULL,
  box_key BYTEA NOT NULL,
  admitted_by TEXT COLLATE "C" NOT NULL,
  admitted_at BIGINT NOT NULL,
  row_hash BYTEA NOT NULL
);

-- One at a time: two made for the same keys would each undo the other.
CREATE TABLE share_offers (
  slot BIGINT PRIMARY KEY CHECK (slot = 1),
  evaluator TEXT COLLATE "C" NOT NULL,
  offer BYTEA NOT NULL,
  made_at BIGINT NOT NULL,
  row_hash BYTEA NOT NULL
);

-- What members say of their membership in a circle, until the steward has acted on it: one acceptance and one departure each.
CREATE TABLE circle_statements (
  circle BYTEA NOT NULL,
  member BYTEA NOT NULL,
  departure BIGINT NOT NULL,
  statement BYTEA NOT NULL,
  row_hash BYTEA NOT NULL,
  PRIMARY KEY (circle, member, departure)
);

-- An invitation is for exactly one statement, which an executed admission approved.
CREATE TABLE invitations (
  token_hash BYTEA NOT NULL PRIMARY KEY,
  change BIGINT NOT NULL UNIQUE,
  member BYTEA NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  role BIGINT NOT NULL,
  statement BYTEA NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,
  row_hash BYTEA NOT NULL
);

-- The audit chain (AuditChain.cs): hash covers the row and the hash before it. Rows are appended and never changed.
CREATE TABLE audit (
  number BIGINT PRIMARY KEY CHECK (number > 0),
  at BIGINT NOT NULL,
  actor TEXT COLLATE "C" NOT NULL,
  action TEXT COLLATE "C" NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  outcome TEXT COLLATE "C" NOT NULL,
  count BIGINT NOT NULL CHECK (count > 0),
  hash BYTEA NOT NULL UNIQUE,
  row_hash BYTEA NOT NULL
);
