//go:build !unix

package load

import (
	"errors"
	"syscall"
)

func otherUser(string) (*syscall.SysProcAttr, error) { return nil, errors.New("not tried here") }
