package local_test

import (
	"testing"

	"bonafide/outside/local"
)

func TestHost(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "127.0.0.1": true, "127.8.9.10": true, "::1": true, "::ffff:127.0.0.1": true,
		"127.evil.example": false, "127.0.0.1.evil.example": false, "localhost.evil.example": false, "10.0.0.1": false, "0.0.0.0": false,
		"128.0.0.1": false, "::": false, "": false, "127.1": false, "[::1]": false,
	} {
		if got := local.Host(host); got != want {
			t.Errorf("%q: %v, want %v", host, got, want)
		}
	}
}
