package mail

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
)

// MaxMboxMessage is the most bytes of one mail in a mailbox file.
const MaxMboxMessage = 64 << 20

// SplitMbox yields the mails of a mailbox file (RFC 4155) one by one, as they
// were before they were put in: "From " lines removed and ">From " undone as
// in the mboxrd and mboxo forms. Each slice is its own and may be kept. A mail
// beyond MaxMboxMessage is yielded as an error that wraps ErrTooLarge, and the
// next mails follow; an error of the reader is yielded last.
func SplitMbox(r io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		size := 64 << 10
		if b, ok := r.(interface{ Len() int }); ok { // bytes in memory
			size = min(size, b.Len()+1)
		}
		s := mboxReader{in: bufio.NewReaderSize(r, size), blank: true}
		for {
			message, more, err := s.next()
			if len(message) > 0 || err != nil {
				if !yield(message, err) {
					return
				}
			}
			if !more {
				return
			}
		}
	}
}

type mboxReader struct {
	in    *bufio.Reader
	blank bool // the line before was empty, or there was none
}

// next reads up to the next "From " line.
func (s *mboxReader) next() (message []byte, more bool, err error) {
	over := false
	start := true // at the start of a line
	for {
		piece, readErr := s.in.ReadSlice('\n')
		whole := !errors.Is(readErr, bufio.ErrBufferFull)
		if start && s.blank && separator(piece) {
			for !whole {
				_, readErr = s.in.ReadSlice('\n')
				whole = !errors.Is(readErr, bufio.ErrBufferFull)
			}
			s.blank = false
			return end(message, over, readErr == nil, nil)
		}
		if start {
			s.blank = len(bytes.TrimRight(piece, "\r\n")) == 0 && len(piece) > 0
			piece = unstuff(piece)
		} else {
			s.blank = false
		}
		if len(message)+len(piece) > MaxMboxMessage {
			over = true
			message = nil
		}
		if !over {
			message = append(message, piece...)
		}
		start = whole
		if readErr != nil && whole {
			if errors.Is(readErr, io.EOF) {
				return end(message, over, false, nil)
			}
			return end(message, over, false, fmt.Errorf("mail: read mailbox: %w", readErr))
		}
	}
}

// end closes a message: the empty line before the next "From " is not its own.
func end(message []byte, over, more bool, err error) ([]byte, bool, error) {
	if over {
		return nil, more, fmt.Errorf("%w: a mail in the mailbox has more than %d bytes", ErrTooLarge, MaxMboxMessage)
	}
	if more {
		message = bytes.TrimSuffix(message, []byte("\n"))
		message = bytes.TrimSuffix(message, []byte("\r"))
	}
	if len(bytes.TrimSpace(message)) == 0 {
		message = nil
	}
	return message, more, err
}

// separator reports whether a line is the "From " line before a mail: it ends
// in a date. A line of text that begins with "From " does not, except by bad
// luck.
func separator(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("From ")) || len(line) > 1024 {
		return false
	}
	return !parseDate(fromDate(string(bytes.TrimRight(line, "\r\n")))).IsZero()
}

// fromDate cuts the sender off: "From a@b.example Mon Jan  1 00:00:00 2024".
func fromDate(line string) string {
	rest := line[len("From "):]
	for i := 0; i < len(rest); i++ {
		if rest[i] == ' ' {
			return rest[i:]
		}
	}
	return ""
}

// unstuff removes one ">" before any number of ">" and "From ".
func unstuff(line []byte) []byte {
	i := 0
	for i < len(line) && line[i] == '>' {
		i++
	}
	if i > 0 && bytes.HasPrefix(line[i:], []byte("From ")) {
		return line[1:]
	}
	return line
}
