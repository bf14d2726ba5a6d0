// Package data embeds the knowledge of Bonafide that is not code: brands, red
// flags, weights of evidence, texts, playbooks, receivers, each with source
// and date. It only embeds: the rooms that use a file also read and check it.
package data

import "embed"

// FS is the shipped data, rooted at this folder: "brands/amazon.yaml".
//
//go:embed *
var FS embed.FS
