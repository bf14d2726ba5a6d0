package api_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// BenchmarkHalfLoad asks for a mail of 20 KB over HTTP, at times that do not
// depend on the answers, half as often as the server can answer, and tells how
// long the slowest of a hundred waits. Capacity is measured first, with one
// client per core that asks again at once. Server and clients share the process
// and its cores.
//
//	go test -run '^$' -bench HalfLoad -benchtime 3000x ./api
func BenchmarkHalfLoad(b *testing.B) {
	s := serve(b)
	body := `{"raw":"` + base64.StdEncoding.EncodeToString(mail20KB()) + `"}`
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	ask := func() {
		res, err := client.Post(s.URL+"/v1/contacts/check", "application/json", strings.NewReader(body))
		if err != nil {
			b.Error(err)
			return
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
			b.Errorf("status %d, %v", res.StatusCode, err)
		}
		_ = res.Body.Close()
	}
	capacity := perSecond(ask)
	gap := time.Duration(2 / capacity * float64(time.Second))
	random := rand.New(rand.NewPCG(1, 2))
	took := make([]time.Duration, b.N)
	var wg sync.WaitGroup
	b.ResetTimer()
	due := time.Now()
	for i := range took {
		due = due.Add(time.Duration(random.ExpFloat64() * float64(gap)))
		time.Sleep(time.Until(due))
		from := due
		wg.Go(func() {
			ask()
			took[i] = time.Since(from)
		})
	}
	wg.Wait()
	slices.Sort(took)
	ms := func(share float64) float64 { return took[int(share*float64(len(took)-1))].Seconds() * 1000 }
	b.ReportMetric(capacity, "capacity/s")
	b.ReportMetric(ms(0.5), "p50-ms")
	b.ReportMetric(ms(0.99), "p99-ms")
}

// perSecond tells how often a second something can be done, one at a time on
// each core.
func perSecond(do func()) float64 {
	const span = 3 * time.Second
	var wg sync.WaitGroup
	var mu sync.Mutex // guards n
	n, start := 0, time.Now()
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			mine := 0
			for time.Since(start) < span {
				do()
				mine++
			}
			mu.Lock()
			n += mine
			mu.Unlock()
		})
	}
	wg.Wait()
	return float64(n) / time.Since(start).Seconds()
}

// mail20KB is a mail as shops send them: a text and the same as a page.
func mail20KB() []byte {
	var text, page strings.Builder
	for i := range 25 {
		fmt.Fprintf(&text, "Order %d: your parcel with article number %d has left our warehouse and will arrive on 12 May.\r\n"+
			"You can follow it at https://www.shop.example/track?id=%d&lang=en at any time.\r\n", i, 1000+i, i)
		fmt.Fprintf(&page, "<tr><td style=\"padding:4px;color:#333333\"><p>Order %d: your parcel with article number %d has left our warehouse and will arrive on 12 May."+
			"</p></td><td><a href=\"https://www.shop.example/track?id=%d&amp;lang=en\" style=\"color:#0066c0;text-decoration:none\">Follow it</a></td></tr>\r\n", i, 1000+i, i)
	}
	var b bytes.Buffer
	b.WriteString("Received: from mx.shop.example (mx.shop.example [192.0.2.1]) by mx.reader.example; Mon, 11 May 2026 10:00:00 +0000\r\n" +
		"From: \"Shop\" <orders@shop.example>\r\nTo: reader@reader.example\r\nSubject: Your orders are on their way\r\n" +
		"Date: Mon, 11 May 2026 10:00:00 +0000\r\nMessage-ID: <1@shop.example>\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n")
	b.WriteString(text.String() + "\r\n--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><table>" + page.String())
	for b.Len() < 20<<10 {
		b.WriteString("<tr><td colspan=\"2\">If you have questions about an order, please open it in your account and choose what it is about.</td></tr>\r\n")
	}
	b.WriteString("</table></body></html>\r\n--x--\r\n")
	return b.Bytes()
}
