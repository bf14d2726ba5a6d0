// Package clock tells how much of the processor a measurement took, on systems that
// say so.
//
// It is not for deciding anything: rooms take time as a value.
//
//	begun := clock.CPU()
//	work()
//	spent := clock.CPU() - begun
package clock
