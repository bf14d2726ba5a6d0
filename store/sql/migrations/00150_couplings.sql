-- What a contact report says to the account guard, and how far that came: wanted
-- counts what was decided here (odd: it stands, even: it is taken back), written
-- what of it stands in the log of events. Account and orders are as events have them.
-- +goose Up
CREATE TABLE couplings (
    tenant  TEXT   NOT NULL,
    report  TEXT   NOT NULL,
    account TEXT   NOT NULL,
    orders  TEXT   NOT NULL,
    source  TEXT   NOT NULL,
    channel TEXT   NOT NULL,
    verdict TEXT   NOT NULL,
    knew    BIGINT NOT NULL,
    made    BIGINT NOT NULL,
    wanted  BIGINT NOT NULL,
    written BIGINT NOT NULL,
    gone    BIGINT NOT NULL,
    PRIMARY KEY (tenant, report)
);
CREATE INDEX couplings_by_account ON couplings (tenant, account, made DESC);
CREATE INDEX couplings_waiting ON couplings (made) WHERE wanted > written;
