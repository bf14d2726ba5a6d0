package qr

import (
	"encoding/binary"

	"github.com/makiuchi-d/gozxing"
)

// Sides in pixels: of a block with a threshold of its own, of the least picture
// that has them; and the least range of brightness that is no noise.
const (
	block    = 8
	leastRow = 5 * block
	contrast = 24
)

// binarize makes a picture black and white with a local threshold. It gives what
// gozxing.HybridBinarizer gives, eight pixels at a time. Both sides must be at
// least leastRow.
func binarize(p plane) (*gozxing.BitMatrix, error) {
	bits, err := gozxing.NewBitMatrix(p.w, p.h)
	if err != nil {
		return nil, err
	}
	wide, high := (p.w+block-1)/block, (p.h+block-1)/block
	points := blackPoints(p, wide, high)
	size := bits.GetRowSize()
	dark := make([]uint32, size*p.h)
	for y := range high {
		// The last blocks lie over those before them; a pixel that is dark for
		// either is dark.
		top := min(y*block, p.h-block)
		for x := range wide {
			left := min(x*block, p.w-block)
			threshold := uint64(average(points, x, y, wide, high)) * lanes
			for row := top; row < top+block; row++ {
				eight := uint32(atMost(binary.LittleEndian.Uint64(p.pix[row*p.w+left:]), threshold) >> 7 * gather >> 56)
				at := row*size + left/32
				dark[at] |= eight << (left % 32)
				if left%32 > 32-block {
					dark[at+1] |= eight >> (32 - left%32)
				}
			}
		}
	}
	row := gozxing.NewBitArray(p.w)
	for y := range p.h {
		for i, d := range dark[y*size : (y+1)*size] {
			row.SetBulk(i*32, d)
		}
		bits.SetRow(y, row)
	}
	return bits, nil
}

// Numbers that work on the eight bytes of a number at once: one in each, the
// highest bit of each, and what gathers one bit of each in the highest byte.
const (
	lanes  = 0x0101010101010101
	tops   = lanes << 7
	gather = 0x0102040810204080
)

// atMost sets the highest bit of every byte in which a is at most b.
func atMost(a, b uint64) uint64 {
	z := (b | tops) - a&^tops
	return (b&^a | ^(a^b)&z) & tops
}

// average is the threshold of a block: the mean of the black points of five by
// five blocks around it.
func average(points []int32, x, y, wide, high int) int32 {
	x, y = max(2, min(x, wide-3)), max(2, min(y, high-3))
	sum := int32(0)
	for at := (y-2)*wide + x - 2; at <= (y+2)*wide+x-2; at += wide {
		r := points[at : at+5]
		sum += r[0] + r[1] + r[2] + r[3] + r[4]
	}
	return sum / 25
}

// blackPoints guesses, for every block, the brightness that parts dark from
// light: the mean, or for a block of one shade what its neighbours have.
func blackPoints(p plane, wide, high int) []int32 {
	out := make([]int32, wide*high)
	for y := range high {
		top := min(y*block, p.h-block)
		for x := range wide {
			left := min(x*block, p.w-block)
			mean, low, span := shades(p, left, top)
			if span <= contrast {
				mean = low / 2
				if y > 0 && x > 0 {
					at := y*wide + x
					if around := (out[at-wide] + 2*out[at-1] + out[at-wide-1]) / 4; low < around {
						mean = around
					}
				}
			}
			out[y*wide+x] = mean
		}
	}
	return out
}

// shades returns mean, least and range of the brightness of a block.
func shades(p plane, left, top int) (mean, low, span int32) {
	const even = 0x00ff00ff00ff00ff
	var sum uint64
	least, most := uint64(1<<64-1), uint64(0)
	for y := range block {
		v := binary.LittleEndian.Uint64(p.pix[(top+y)*p.w+left:])
		sum += v&even + v>>8&even
		m := atMost(v, least) >> 7 * 0xff
		least = v&m | least&^m
		m = atMost(most, v) >> 7 * 0xff
		most = v&m | most&^m
	}
	total := int32(0)
	for s := sum; s > 0; s >>= 16 {
		total += int32(s & 0xffff)
	}
	lowest, highest := byte(255), byte(0)
	for range block {
		lowest, highest = min(lowest, byte(least)), max(highest, byte(most))
		least, most = least>>8, most>>8
	}
	return total / (block * block), int32(lowest), int32(highest) - int32(lowest)
}
