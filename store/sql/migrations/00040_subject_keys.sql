-- Keys of persons and accounts, by whose loss what stands under them is erased,
-- and keys of the tenants themselves. The secret is sealed by the keyring.
-- +goose Up
CREATE TABLE subject_keys (
    tenant    TEXT   NOT NULL,
    subject   TEXT   NOT NULL,
    secret    TEXT   NOT NULL,
    created   BIGINT NOT NULL,
    destroyed BIGINT NOT NULL,
    PRIMARY KEY (tenant, subject)
);
