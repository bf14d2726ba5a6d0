//go:build !linux

package main

// dropPages does nothing: only Linux counts the pages of a program's own file
// as the program's memory and gives them up on advice.
func dropPages() {}
