package cli

import "time"

// RecordsOptions are the flags of `bonafide eval records`.
type RecordsOptions struct {
	// DSN is a database for the purpose; made-up reports stay in it.
	DSN string
	// Records is how many reports there are to be, drawn by Seed.
	Records int
	Seed    uint64
	// People open a page each Every, for For; Searches is how many searches there
	// are of each kind.
	People     int
	Every, For time.Duration
	Searches   int
	JSON       bool
}

type evalRecordsCmd struct {
	DSN      string        `help:"Database for the purpose: path of a SQLite file, or postgres://…. Made-up reports stay in it and are used again." required:"" placeholder:"DSN"`
	Records  int           `help:"How many reports there are to be." default:"1000000"`
	Seed     uint64        `help:"Draws the reports." default:"1"`
	People   int           `help:"How many people open pages at the same time." default:"200"`
	Every    time.Duration `help:"How often each of them opens one." default:"5s"`
	For      time.Duration `help:"How long they do." default:"1m"`
	Searches int           `help:"How many searches of each kind." default:"200"`
	JSON     bool          `help:"Print JSON."`
}
