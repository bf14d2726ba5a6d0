-- One row that is written to see whether records can be kept.
-- +goose Up
CREATE TABLE probe (
    id    BIGINT NOT NULL PRIMARY KEY,
    tries BIGINT NOT NULL
);
INSERT INTO probe (id, tries) VALUES (1, 0);
