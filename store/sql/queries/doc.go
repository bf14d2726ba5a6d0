// Package queries is the SQL of store/sql, checked and turned into functions by
// sqlc: the .sql files beside this one are what is written by hand. The same
// text runs on SQLite and PostgreSQL.
//
// It holds no rule and no check; only store/sql imports it. After a change of a
// .sql file or a migration run `make generate-sql`.
package queries
